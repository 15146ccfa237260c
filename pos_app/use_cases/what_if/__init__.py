"""What-if: what a programme would have cost on the shop's own receipts, before it goes live.

``history`` is what happened, ``replay`` plays it again under other programmes, ``asking`` compares two sides. At a till
``at_till`` reads the journal. Costs and margins in it are for managers.
"""
