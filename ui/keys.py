"""What a cashier can ask for, and by which key. Plain: the presenter and the documentation read it too."""

from enum import StrEnum


class Command(StrEnum):
    """One thing that a key or a button asks for."""

    CONFIRM = "confirm"
    BACK = "back"
    MULTIPLY = "multiply"
    QUANTITY = "quantity"
    PRICE = "price"
    POINTS = "points"
    RETURNS = "returns"
    CARD_OFF = "card_off"
    VOID = "void"
    AMOUNT = "amount"
    GIVE = "give"
    PARTS = "parts"
    CASH = "cash"
    CARD = "card"
    FINISH = "finish"
    STAFF = "staff"
    COPY = "copy"
    WHY = "why"
    REMOVE = "remove"
    UP = "up"
    DOWN = "down"


KEY_NAMES: dict[Command, str] = {
    Command.CONFIRM: "Enter",
    Command.BACK: "Esc",
    Command.MULTIPLY: "*",
    Command.QUANTITY: "F2",
    Command.PRICE: "F3",
    Command.POINTS: "F4",
    Command.RETURNS: "F5",
    Command.CARD_OFF: "F6",
    Command.VOID: "F7",
    Command.AMOUNT: "F8",
    Command.GIVE: "+",
    Command.PARTS: "PgDown",
    Command.CASH: "F9",
    Command.CARD: "F10",
    Command.FINISH: "F9",
    Command.STAFF: "F11",
    Command.COPY: "F12",
    Command.WHY: "Ins",
    Command.REMOVE: "Del",
    Command.UP: "Up",
    Command.DOWN: "Down",
}
"""The key of each command as buttons and documents write it. Cash and Finish share one: a till has the one or the other."""
