<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru" sourcelanguage="en">
<context>
    <name>Alert</name>
    <message>
        <source>Understood</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n scan(s) ignored</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>BurnPanelView</name>
    <message>
        <source>Use points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most on this sale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points to use; 0 for none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>worth {amount}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Balance {points}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CardPanelView</name>
    <message>
        <source>Card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount; less than the total leaves a rest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reference on the terminal&apos;s slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paid</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CashPanelView</name>
    <message>
        <source>Cash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Given; Enter alone: the exact amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Due in cash: {amount}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>Saved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The next scan begins the next sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discount keyed at the fiscal till</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fiscal receipt {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paid {amount}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receipt {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The member</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} earned {points}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Balance {points}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {points} pending</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EnrolPanelView</name>
    <message>
        <source>New card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter enrols it now. Name and phone can wait.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name (optional)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Phone (optional)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EntryBar</name>
    <message>
        <source>Scan, or type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last: {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last: {number}, change {amount}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ForeignPanelView</name>
    <message>
        <source>At the fiscal till</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key as a discount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of the fiscal receipt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finish</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No discount to key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It then asks for {amount}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Till {number} · {cashier}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No scanner: type the codes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scanner connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scanner unplugged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for the scanner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scanner is unplugged. The basket is safe. Plug it in again, or type the codes and press Enter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No headquarters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headquarters: not asked yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headquarters has everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) wait for headquarters</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeyBar</name>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Card off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Multiply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Void</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finish</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cash</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Limit</name>
    <message>
        <source>There is no card on this sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No programme accepts points at present.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points can be used from purchase {from_receipt} on; this is purchase {receipt}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points can be used from a balance of {minimum_units} on; it is {balance_units}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no goods in the basket that accept points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The balance allows no more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points pay at most {cap_bp} % of the goods that accept them, {cap_minor}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At least {min_paid_minor} is always paid by money.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LinesModel</name>
    <message>
        <source>{weight} kg</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>batch {batch}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>list price {amount}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>points {amount}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>regulated: no points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Item</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LinesTable</name>
    <message>
        <source>Scan the first item</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MemberPanel</name>
    <message>
        <source>No card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan the customer&apos;s card at any time before paying.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Birthday today: congratulate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Balance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This sale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Member</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no points yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>card …{ending}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>owes {points}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{points} of them can be used here now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {points} pending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {points} pending, first on {date}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{points} until {date}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} more to {card_class}, {rate} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} more on this receipt for {rate} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} more for {rate} %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Type the quantity first, then press the key.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the price of the whole line first, then press F3.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the amount first, then press F8.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is not a number that can be used here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is out of range. The line is as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is sold by the piece: type a whole number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The next scan counts {factor_milli} times.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is nothing in the basket yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no line to change yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no card on this sale. Scan one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The card is off this sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The basket was dropped. Nothing was booked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finish here first: Enter, or Esc to go back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The card is enrolled and earns on this sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most {most_units} can be used here. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points are used in whole steps: {fits_units} would fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The points were lowered to {burned_units}. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{burned_units} used: {worth_minor} less to pay.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{missing_minor} is missing. Take more cash, or press F10 for a card first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is too much to be cash. Was a code scanned into the field?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only {left_minor} is left to pay.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the amount that the card pays.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the reference from the card terminal&apos;s slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is a card number, which is never kept. Type the terminal&apos;s reference.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{taken_minor} was taken by card. Finish the payment, or cancel it at the terminal and press Esc again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{taken_minor} by card is noted. The rest in cash, or F10 again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the number of the fiscal receipt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A copy of the last receipt is on its way to the printer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no receipt to print again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name is too long or has a sign that cannot be printed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A phone number has digits, spaces and + - ( ) /, 20 at most.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This card belongs to a member already. Scan it again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Problem</name>
    <message>
        <source>The basket is as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This sale is not booked yet; the basket is kept, and everything before it is safe.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan it again, or type the number under the bars.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This code is not in the catalogue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put the item aside and ask for its price and code.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The code was read wrong: its check digit does not fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This code cannot be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This code names a package or a place, not goods.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan the code of the item itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Past its date: {name}, {expires}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not sell it. Put it aside and take another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} is sold by weight, and the code carries none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weigh it. Type the weight in kilograms, press *, then scan it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is one of our receipts, not goods.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan goods or a card.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The basket is full.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finish this sale, then scan the rest as another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program met an error of its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The basket is kept; everything that was booked is safe.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again. If it comes back, restart the till and report the time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This card is blocked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its points are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on without the card; the member can ask for a new one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This card was blocked meanwhile.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was booked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the card off with F6 and finish without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The balance has changed since the card was scanned.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan the card again, then finish the sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These points can no longer be used on this sale.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press F4 and type fewer points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The payment does not fit the total, which has changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press Esc, look at the total, and take the payment again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This quantity cannot be sold: it is out of range, or a part of a piece.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type the quantity again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The amount of the line is out of range.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This sale is already booked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was not booked a second time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on with the next customer; F12 prints the receipt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk is full: this could not be saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space, then finish the sale again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The till&apos;s database cannot be written.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Have the right to write to its file restored, then finish the sale again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The till&apos;s database is damaged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was not changed; what headquarters has confirmed is safe there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the file, run &quot;pos-app doctor&quot; and restore a backup.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The till&apos;s database could not be used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the disk, then finish the sale again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The database refused what was to be saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run &quot;pos-app doctor&quot; and report what it says.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TillWindow</name>
    <message>
        <source>Goods</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TotalsBox</name>
    <message>
        <source>To pay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Items</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in cash {amount}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VoidPanelView</name>
    <message>
        <source>Drop the whole basket?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop it</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n line(s) and the card are taken off. Nothing is booked.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
</TS>
