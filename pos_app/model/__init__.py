"""The nouns that everyone shares: money, products, accounts, receipts. Pure."""
