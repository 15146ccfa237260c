"""How the screen looks: colours, sizes and fonts in one place, and the one style sheet made of them."""
