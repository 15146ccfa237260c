"""What was given to causes."""

import msgspec


class CauseTotals(msgspec.Struct, frozen=True):
    """What a cause got in a time, in minor units: given by customers and by the shop, and what returns took back of both."""

    cause: str
    by_customers_minor: int
    by_shop_minor: int
    returned_minor: int

    @property
    def total_minor(self) -> int:
        """What is left for the cause."""
        return self.by_customers_minor + self.by_shop_minor - self.returned_minor
