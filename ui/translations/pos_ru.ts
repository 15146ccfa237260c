<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru" sourcelanguage="en">
<context>
    <name>Alert</name>
    <message>
        <source>Understood</source>
        <translation>Понятно</translation>
    </message>
    <message numerus="yes">
        <source>%n scan(s) ignored</source>
        <translation>
            <numerusform>%n скан пропущен</numerusform>
            <numerusform>%n скана пропущено</numerusform>
            <numerusform>%n сканов пропущено</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>BurnPanelView</name>
    <message>
        <source>Use points</source>
        <translation>Списать баллы</translation>
    </message>
    <message>
        <source>Points to use; 0 for none</source>
        <translation>Сколько списать; 0 — не списывать</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Use them</source>
        <translation>Списать</translation>
    </message>
    <message>
        <source>worth {amount}</source>
        <translation>это {amount}</translation>
    </message>
    <message>
        <source>Of {balance}, at most on this sale</source>
        <translation>Из {balance} в этой покупке самое большее</translation>
    </message>
</context>
<context>
    <name>CardPanelView</name>
    <message>
        <source>Card</source>
        <translation>Карта</translation>
    </message>
    <message>
        <source>Amount; less than the total leaves a rest</source>
        <translation>Сумма; если меньше итога, остаток — отдельно</translation>
    </message>
    <message>
        <source>Reference on the terminal&apos;s slip</source>
        <translation>Номер операции со слипа терминала</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Paid</source>
        <translation>Оплачено</translation>
    </message>
</context>
<context>
    <name>CashPanelView</name>
    <message>
        <source>Cash</source>
        <translation>Наличные</translation>
    </message>
    <message>
        <source>Given; Enter alone: the exact amount</source>
        <translation>Получено; просто Enter — без сдачи</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Сдача</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Paid</source>
        <translation>Оплачено</translation>
    </message>
    <message>
        <source>Card</source>
        <translation>Карта</translation>
    </message>
    <message>
        <source>Due in cash: {amount}</source>
        <translation>К оплате наличными: {amount}</translation>
    </message>
</context>
<context>
    <name>CounterWindow</name>
    <message>
        <source>Demo counter</source>
        <translation>Демонстрационный прилавок</translation>
    </message>
    <message>
        <source>Click to scan. Cards:</source>
        <translation>Нажмите, чтобы сканировать. Карты:</translation>
    </message>
    <message>
        <source>Goods:</source>
        <translation>Товары:</translation>
    </message>
    <message>
        <source>The scanner is plugged in</source>
        <translation>Сканер подключён</translation>
    </message>
    <message>
        <source>The printer has paper</source>
        <translation>В принтере есть бумага</translation>
    </message>
    <message>
        <source>Receipts printed: {count}</source>
        <translation>Напечатано чеков: {count}</translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>Saved</source>
        <translation>Сохранено</translation>
    </message>
    <message>
        <source>The next scan begins the next sale.</source>
        <translation>Следующий скан начнёт следующую покупку.</translation>
    </message>
    <message>
        <source>Discount keyed at the fiscal till</source>
        <translation>Скидка, введённая на кассе</translation>
    </message>
    <message>
        <source>Fiscal receipt {number}</source>
        <translation>Фискальный чек {number}</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Сдача</translation>
    </message>
    <message>
        <source>Total {amount}</source>
        <translation>Итого {amount}</translation>
    </message>
    <message>
        <source>Receipt {number}</source>
        <translation>Чек {number}</translation>
    </message>
    <message>
        <source>The member</source>
        <translation>Участник</translation>
    </message>
    <message>
        <source>{name} earned {points}</source>
        <translation>{name}: начислено {points}</translation>
    </message>
    <message>
        <source>Balance {points}</source>
        <translation>Остаток: {points}</translation>
    </message>
    <message>
        <source>and {points} pending</source>
        <translation>и ещё {points} в ожидании</translation>
    </message>
</context>
<context>
    <name>EnrolPanelView</name>
    <message>
        <source>New card</source>
        <translation>Новая карта</translation>
    </message>
    <message>
        <source>Enter enrols it now. Name and phone can wait.</source>
        <translation>Enter оформит её сразу. Имя и телефон не обязательны.</translation>
    </message>
    <message>
        <source>Name (optional)</source>
        <translation>Имя (не обязательно)</translation>
    </message>
    <message>
        <source>Phone (optional)</source>
        <translation>Телефон (не обязательно)</translation>
    </message>
    <message>
        <source>Without it</source>
        <translation>Без карты</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Оформить</translation>
    </message>
</context>
<context>
    <name>EntryBar</name>
    <message>
        <source>Scan, or type</source>
        <translation>Сканируйте или введите</translation>
    </message>
    <message>
        <source>Last: {number}</source>
        <translation>Прошлый чек: {number}</translation>
    </message>
    <message>
        <source>Last: {number}, change {amount}</source>
        <translation>Прошлый чек: {number}, сдача {amount}</translation>
    </message>
</context>
<context>
    <name>ForeignPanelView</name>
    <message>
        <source>At the fiscal till</source>
        <translation>На фискальной кассе</translation>
    </message>
    <message>
        <source>Key as a discount</source>
        <translation>Введите как скидку</translation>
    </message>
    <message>
        <source>Number of the fiscal receipt</source>
        <translation>Номер фискального чека</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Завершить</translation>
    </message>
    <message>
        <source>No discount to key</source>
        <translation>Скидку вводить не нужно</translation>
    </message>
    <message>
        <source>It then asks for {amount}.</source>
        <translation>Касса попросит {amount}.</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Till {number} · {cashier}</source>
        <translation>Касса {number} · {cashier}</translation>
    </message>
    <message>
        <source>No scanner: type the codes</source>
        <translation>Сканера нет: вводите коды</translation>
    </message>
    <message>
        <source>Scanner connected</source>
        <translation>Сканер подключён</translation>
    </message>
    <message>
        <source>Scanner unplugged</source>
        <translation>Сканер отключён</translation>
    </message>
    <message>
        <source>Looking for the scanner</source>
        <translation>Поиск сканера</translation>
    </message>
    <message>
        <source>The scanner is unplugged. The basket is safe. Plug it in again, or type the codes and press Enter.</source>
        <translation>Сканер отключён. Покупка сохранена. Подключите его снова или вводите коды и нажимайте Enter.</translation>
    </message>
    <message>
        <source>{problem} F12 prints the last receipt again.</source>
        <translation>Принтер не печатает, покупка сохранена; последний чек ещё раз напечатает F12. ({problem})</translation>
    </message>
    <message>
        <source>No headquarters</source>
        <translation>Без центра</translation>
    </message>
    <message>
        <source>Headquarters: not asked yet</source>
        <translation>Центр: ещё нет связи</translation>
    </message>
    <message>
        <source>Not joined to headquarters</source>
        <translation>Касса не подключена к центру</translation>
    </message>
    <message>
        <source>Headquarters takes nothing from this till; nothing waits</source>
        <translation>Центр ничего не принимает от этой кассы; очередь пуста</translation>
    </message>
    <message>
        <source>Headquarters does not answer; nothing waits</source>
        <translation>Центр не отвечает; очередь пуста</translation>
    </message>
    <message>
        <source>Headquarters takes nothing at the moment; nothing waits</source>
        <translation>Центр сейчас ничего не принимает; очередь пуста</translation>
    </message>
    <message>
        <source>Headquarters has everything</source>
        <translation>В центр всё передано</translation>
    </message>
    <message numerus="yes">
        <source>%n event(s) wait for headquarters</source>
        <translation>
            <numerusform>%n событие ждёт отправки в центр</numerusform>
            <numerusform>%n события ждут отправки в центр</numerusform>
            <numerusform>%n событий ждут отправки в центр</numerusform>
        </translation>
    </message>
    <message>
        <source>This till has not joined headquarters. Sales are kept here. Make a code there, close the till, run pos-app join CODE, and open it again.</source>
        <translation>Касса не подключена к центру. Продажи хранятся здесь. Получите в центре код, закройте кассу, выполните pos-app join КОД и откройте её снова.</translation>
    </message>
    <message>
        <source>{problem}</source>
        <comment>sending has stopped</comment>
        <translation>Обмен с центром остановлен, продажи хранятся здесь; сообщите в поддержку. ({problem})</translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation>
            <numerusform>%n минута</numerusform>
            <numerusform>%n минуты</numerusform>
            <numerusform>%n минут</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s)</source>
        <translation>
            <numerusform>%n час</numerusform>
            <numerusform>%n часа</numerusform>
            <numerusform>%n часов</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeyBar</name>
    <message>
        <source>Amount</source>
        <translation>Сумма</translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation>Кол-во</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>Цена</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Удалить</translation>
    </message>
    <message>
        <source>Card off</source>
        <translation>Без карты</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Копия</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Баллы</translation>
    </message>
    <message>
        <source>Multiply</source>
        <translation>Умножить</translation>
    </message>
    <message>
        <source>Void</source>
        <translation>Отмена</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Завершить</translation>
    </message>
    <message>
        <source>Card</source>
        <translation>Карта</translation>
    </message>
    <message>
        <source>Cash</source>
        <translation>Наличные</translation>
    </message>
</context>
<context>
    <name>Limit</name>
    <message>
        <source>There is no card on this sale.</source>
        <translation>В этой покупке нет карты.</translation>
    </message>
    <message>
        <source>No programme accepts points at present.</source>
        <translation>Сейчас ни одна программа не принимает баллы.</translation>
    </message>
    <message>
        <source>Points can be used from purchase {from_receipt} on; this is purchase {receipt}.</source>
        <translation>Баллы можно списывать с покупки № {from_receipt}, это покупка № {receipt}.</translation>
    </message>
    <message>
        <source>Points can be used from a balance of {minimum_units} on; it is {balance_units}.</source>
        <translation>Наименьший остаток для списания: {minimum_units}; сейчас {balance_units}.</translation>
    </message>
    <message>
        <source>There are no goods in the basket that accept points.</source>
        <translation>Среди товаров нет таких, за которые можно платить баллами.</translation>
    </message>
    <message>
        <source>The balance allows no more.</source>
        <translation>Больше на карте нет.</translation>
    </message>
    <message>
        <source>Points pay at most {cap_bp} % of the goods that accept them, {cap_minor}.</source>
        <translation>Баллами можно оплатить не больше {cap_bp} % таких товаров: {cap_minor}.</translation>
    </message>
    <message>
        <source>At least {min_paid_minor} is always paid by money.</source>
        <translation>Не меньше {min_paid_minor} всегда платят деньгами.</translation>
    </message>
</context>
<context>
    <name>LinesModel</name>
    <message>
        <source>{weight} kg</source>
        <translation>{weight} кг</translation>
    </message>
    <message>
        <source>batch {batch}</source>
        <translation>серия {batch}</translation>
    </message>
    <message>
        <source>list price {amount}</source>
        <translation>по прайсу {amount}</translation>
    </message>
    <message>
        <source>points {amount}</source>
        <translation>баллы {amount}</translation>
    </message>
    <message>
        <source>regulated: no points</source>
        <translation>регулируется: без баллов</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>№</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>Товар</translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation>Кол-во</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>Цена</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>Сумма</translation>
    </message>
</context>
<context>
    <name>LinesTable</name>
    <message>
        <source>Scan the first item</source>
        <translation>Сканируйте первый товар</translation>
    </message>
</context>
<context>
    <name>MemberPanel</name>
    <message>
        <source>No card</source>
        <translation>Карты нет</translation>
    </message>
    <message>
        <source>Scan the customer&apos;s card at any time before paying.</source>
        <translation>Сканируйте карту покупателя в любой момент до оплаты.</translation>
    </message>
    <message>
        <source>Birthday today: congratulate.</source>
        <translation>Сегодня день рождения: поздравьте.</translation>
    </message>
    <message>
        <source>Balance</source>
        <translation>Остаток</translation>
    </message>
    <message>
        <source>This sale</source>
        <translation>Эта покупка</translation>
    </message>
    <message>
        <source>Member</source>
        <translation>Участник</translation>
    </message>
    <message>
        <source>no points yet</source>
        <translation>пока без баллов</translation>
    </message>
    <message>
        <source>card …{ending}</source>
        <translation>карта …{ending}</translation>
    </message>
    <message>
        <source>owes {points}</source>
        <translation>долг: {points}</translation>
    </message>
    <message>
        <source>{points} of them can be used here now</source>
        <translation>здесь сейчас можно списать: {points}</translation>
    </message>
    <message>
        <source>and {points} pending</source>
        <translation>и ещё {points} в ожидании</translation>
    </message>
    <message>
        <source>and {points} pending, first on {date}</source>
        <translation>и ещё {points} в ожидании, первые {date}</translation>
    </message>
    <message>
        <source>{points} expire after {date}</source>
        <translation>{points} сгорят после {date}</translation>
    </message>
    <message>
        <source>{amount} more to {card_class}, {rate} %</source>
        <translation>До класса {card_class} ({rate} %) осталось {amount}</translation>
    </message>
    <message>
        <source>{amount} more on this receipt for {rate} %</source>
        <translation>Ещё {amount} в этом чеке — и будет {rate} %</translation>
    </message>
    <message>
        <source>{amount} more for {rate} %</source>
        <translation>Ещё {amount} — и будет {rate} %</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Type the quantity first, then press the key.</source>
        <translation>Сначала введите количество, потом нажмите клавишу.</translation>
    </message>
    <message>
        <source>Type the price of the whole line first, then press F3.</source>
        <translation>Сначала введите цену всей строки, потом нажмите F3.</translation>
    </message>
    <message>
        <source>Type the amount first, then press F8.</source>
        <translation>Сначала введите сумму, потом нажмите F8.</translation>
    </message>
    <message>
        <source>That is not a number that can be used here.</source>
        <translation>Такое число здесь не подходит.</translation>
    </message>
    <message>
        <source>That is out of range. The line is as it was.</source>
        <translation>Недопустимое значение. Строка не изменилась.</translation>
    </message>
    <message>
        <source>This is sold by the piece: type a whole number.</source>
        <translation>Это продаётся поштучно: введите целое число.</translation>
    </message>
    <message>
        <source>The next scan counts {factor_milli} times.</source>
        <translation>Следующий скан считается × {factor_milli}.</translation>
    </message>
    <message>
        <source>There is nothing in the basket yet.</source>
        <translation>Пока ничего не отсканировано.</translation>
    </message>
    <message>
        <source>There is no line to change yet.</source>
        <translation>Пока нет строки, которую можно изменить.</translation>
    </message>
    <message>
        <source>There is no card on this sale. Scan one.</source>
        <translation>В этой покупке нет карты. Сканируйте её.</translation>
    </message>
    <message>
        <source>The card is off this sale.</source>
        <translation>Карта снята с этой покупки.</translation>
    </message>
    <message>
        <source>The basket was dropped. Nothing was booked.</source>
        <translation>Покупка отменена. Ничего не проведено.</translation>
    </message>
    <message>
        <source>Finish here first: Enter, or Esc to go back.</source>
        <translation>Сначала закончите здесь: Enter, или Esc — назад.</translation>
    </message>
    <message>
        <source>The card is enrolled and earns on this sale.</source>
        <translation>Карта оформлена, баллы за эту покупку начислятся.</translation>
    </message>
    <message>
        <source>At most {most_units} can be used here. {reason}</source>
        <translation>Здесь можно списать самое большее {most_units}. {reason}</translation>
    </message>
    <message>
        <source>Points are used in whole steps: {fits_units} would fit.</source>
        <translation>Баллы списываются целыми шагами: подойдёт {fits_units}.</translation>
    </message>
    <message>
        <source>The points were lowered to {burned_units}. {reason}</source>
        <translation>Списание уменьшено до: {burned_units}. {reason}</translation>
    </message>
    <message>
        <source>{burned_units} used: {worth_minor} less to pay.</source>
        <translation>Списано {burned_units}: к оплате на {worth_minor} меньше.</translation>
    </message>
    <message>
        <source>{missing_minor} is missing. Take more cash, or press F10 for a card first.</source>
        <translation>Не хватает {missing_minor}. Возьмите ещё наличных или сначала нажмите F10 для карты.</translation>
    </message>
    <message>
        <source>That is too much to be cash. Was a code scanned into the field?</source>
        <translation>Слишком много для наличных. Не попал ли в поле код товара?</translation>
    </message>
    <message>
        <source>Only {left_minor} is left to pay.</source>
        <translation>Осталось оплатить только {left_minor}.</translation>
    </message>
    <message>
        <source>Type the amount that the card pays.</source>
        <translation>Введите сумму, которую платят картой.</translation>
    </message>
    <message>
        <source>Type the reference from the card terminal&apos;s slip.</source>
        <translation>Введите номер операции со слипа терминала.</translation>
    </message>
    <message>
        <source>That is a card number, which is never kept. Type the terminal&apos;s reference.</source>
        <translation>Это номер карты, он не хранится. Введите номер операции терминала.</translation>
    </message>
    <message>
        <source>{taken_minor} was taken by card. Finish the payment, or cancel it at the terminal and press Esc again.</source>
        <translation>Картой уже взято {taken_minor}. Завершите оплату или отмените её на терминале и нажмите Esc ещё раз.</translation>
    </message>
    <message>
        <source>{taken_minor} by card is noted. The rest in cash, or F10 again.</source>
        <translation>Картой {taken_minor} — учтено. Остаток наличными или снова F10.</translation>
    </message>
    <message>
        <source>Type the number of the fiscal receipt.</source>
        <translation>Введите номер фискального чека.</translation>
    </message>
    <message>
        <source>A copy of the last receipt is on its way to the printer.</source>
        <translation>Копия прошлого чека отправлена на печать.</translation>
    </message>
    <message>
        <source>There is no receipt to print again.</source>
        <translation>Нет чека, который можно напечатать снова.</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Сохраняется…</translation>
    </message>
    <message>
        <source>The name is too long or has a sign that cannot be printed.</source>
        <translation>Имя слишком длинное, или в нём есть непечатаемый знак.</translation>
    </message>
    <message>
        <source>A phone number has digits, spaces and + - ( ) /, 20 at most.</source>
        <translation>В телефоне — цифры, пробелы и + - ( ) /, не больше 20 знаков.</translation>
    </message>
    <message>
        <source>This number is in none of the shop&apos;s card ranges.</source>
        <translation>Этот номер не входит в номера карт магазина.</translation>
    </message>
    <message>
        <source>The check digit of this card is wrong. Scan it again.</source>
        <translation>Контрольная цифра этой карты неверна. Отсканируйте её ещё раз.</translation>
    </message>
    <message>
        <source>This card belongs to a member already. Scan it again.</source>
        <translation>У этой карты уже есть владелец. Сканируйте её ещё раз.</translation>
    </message>
</context>
<context>
    <name>Problem</name>
    <message>
        <source>The basket is as it was.</source>
        <translation>Покупка не изменилась.</translation>
    </message>
    <message>
        <source>This sale is not booked yet; the basket is kept, and everything before it is safe.</source>
        <translation>Эта покупка ещё не проведена; она сохранена на экране, а всё, что было раньше, в безопасности.</translation>
    </message>
    <message>
        <source>Scan it again, or type the number under the bars.</source>
        <translation>Сканируйте ещё раз или введите цифры под штрихами.</translation>
    </message>
    <message>
        <source>This code is not in the catalogue.</source>
        <translation>Этого кода нет в каталоге.</translation>
    </message>
    <message>
        <source>Put the item aside and ask for its price and code.</source>
        <translation>Отложите товар и узнайте его цену и код.</translation>
    </message>
    <message>
        <source>The code was read wrong: its check digit does not fit.</source>
        <translation>Код прочитан неверно: не сходится контрольная цифра.</translation>
    </message>
    <message>
        <source>This code cannot be read.</source>
        <translation>Этот код не читается.</translation>
    </message>
    <message>
        <source>This code names a package or a place, not goods.</source>
        <translation>Этот код — упаковка или место, а не товар.</translation>
    </message>
    <message>
        <source>Scan the code of the item itself.</source>
        <translation>Сканируйте код самого товара.</translation>
    </message>
    <message>
        <source>Past its date: {name}, {expires}.</source>
        <translation>Срок годности истёк: {name}, {expires}.</translation>
    </message>
    <message>
        <source>Do not sell it. Put it aside and take another one.</source>
        <translation>Не продавайте его. Отложите и возьмите другой.</translation>
    </message>
    <message>
        <source>{name} is sold by weight, and the code carries none.</source>
        <translation>{name} продаётся на вес, а веса в коде нет.</translation>
    </message>
    <message>
        <source>Weigh it. Type the weight in kilograms, press *, then scan it again.</source>
        <translation>Взвесьте. Введите вес в килограммах, нажмите * и сканируйте ещё раз.</translation>
    </message>
    <message>
        <source>This is one of our receipts, not goods.</source>
        <translation>Это наш чек, а не товар.</translation>
    </message>
    <message>
        <source>Scan goods or a card.</source>
        <translation>Сканируйте товар или карту.</translation>
    </message>
    <message>
        <source>The basket is full.</source>
        <translation>В покупке больше нет места.</translation>
    </message>
    <message>
        <source>Finish this sale, then scan the rest as another.</source>
        <translation>Завершите эту покупку, остальное проведите отдельной.</translation>
    </message>
    <message>
        <source>The program met an error of its own.</source>
        <translation>В программе произошла ошибка.</translation>
    </message>
    <message>
        <source>The basket is kept; everything that was booked is safe.</source>
        <translation>Покупка сохранена на экране; всё проведённое в безопасности.</translation>
    </message>
    <message>
        <source>Try again. If it comes back, restart the till and report the time.</source>
        <translation>Попробуйте ещё раз. Если повторится, перезапустите кассу и сообщите время.</translation>
    </message>
    <message>
        <source>This card is blocked.</source>
        <translation>Эта карта заблокирована.</translation>
    </message>
    <message>
        <source>Its points are kept.</source>
        <translation>Её баллы сохранены.</translation>
    </message>
    <message>
        <source>Go on without the card; the member can ask for a new one.</source>
        <translation>Продолжайте без карты; участник может получить новую.</translation>
    </message>
    <message>
        <source>This card was blocked meanwhile.</source>
        <translation>Карту за это время заблокировали.</translation>
    </message>
    <message>
        <source>Nothing was booked.</source>
        <translation>Ничего не проведено.</translation>
    </message>
    <message>
        <source>Take the card off with F6 and finish without it.</source>
        <translation>Снимите карту клавишей F6 и завершите без неё.</translation>
    </message>
    <message>
        <source>This card belongs to another account now.</source>
        <translation>Эта карта теперь принадлежит другому счёту.</translation>
    </message>
    <message>
        <source>The balance has changed since the card was scanned.</source>
        <translation>Остаток изменился после сканирования карты.</translation>
    </message>
    <message>
        <source>Scan the card again, then finish the sale.</source>
        <translation>Сканируйте карту ещё раз и завершите покупку.</translation>
    </message>
    <message>
        <source>These points can no longer be used on this sale.</source>
        <translation>Эти баллы больше нельзя списать в этой покупке.</translation>
    </message>
    <message>
        <source>Press F4 and type fewer points.</source>
        <translation>Нажмите F4 и введите меньше баллов.</translation>
    </message>
    <message>
        <source>The payment does not fit the total, which has changed.</source>
        <translation>Оплата не сходится с итогом: он изменился.</translation>
    </message>
    <message>
        <source>Press Esc, look at the total, and take the payment again.</source>
        <translation>Нажмите Esc, посмотрите итог и примите оплату ещё раз.</translation>
    </message>
    <message>
        <source>This quantity cannot be sold: it is out of range, or a part of a piece.</source>
        <translation>Такое количество продать нельзя: недопустимое значение или часть штуки.</translation>
    </message>
    <message>
        <source>Type the quantity again.</source>
        <translation>Введите количество ещё раз.</translation>
    </message>
    <message>
        <source>The amount of the line is out of range.</source>
        <translation>Недопустимая сумма строки.</translation>
    </message>
    <message>
        <source>Type it again.</source>
        <translation>Введите ещё раз.</translation>
    </message>
    <message>
        <source>This sale is already booked.</source>
        <translation>Эта покупка уже проведена.</translation>
    </message>
    <message>
        <source>It was not booked a second time.</source>
        <translation>Второй раз она не проведена.</translation>
    </message>
    <message>
        <source>Go on with the next customer; F12 prints the receipt.</source>
        <translation>Обслуживайте следующего покупателя; чек печатает F12.</translation>
    </message>
    <message>
        <source>The disk is full: this could not be saved.</source>
        <translation>Диск заполнен: сохранить не удалось.</translation>
    </message>
    <message>
        <source>Free some space, then finish the sale again.</source>
        <translation>Освободите место и завершите покупку ещё раз.</translation>
    </message>
    <message>
        <source>The till&apos;s database cannot be written.</source>
        <translation>В базу кассы нельзя записать.</translation>
    </message>
    <message>
        <source>Have the right to write to its file restored, then finish the sale again.</source>
        <translation>Верните право записи в её файл и завершите покупку ещё раз.</translation>
    </message>
    <message>
        <source>The till&apos;s database is damaged.</source>
        <translation>База кассы повреждена.</translation>
    </message>
    <message>
        <source>It was not changed; what headquarters has confirmed is safe there.</source>
        <translation>Она не изменена; что подтвердил центр, там в безопасности.</translation>
    </message>
    <message>
        <source>Keep the file, run &quot;pos-app doctor&quot; and restore a backup.</source>
        <translation>Сохраните файл, запустите «pos-app doctor» и восстановите копию.</translation>
    </message>
    <message>
        <source>The till&apos;s database could not be used.</source>
        <translation>База кассы недоступна.</translation>
    </message>
    <message>
        <source>Check the disk, then finish the sale again.</source>
        <translation>Проверьте диск и завершите покупку ещё раз.</translation>
    </message>
    <message>
        <source>The database refused what was to be saved.</source>
        <translation>База отказалась сохранить данные.</translation>
    </message>
    <message>
        <source>Run &quot;pos-app doctor&quot; and report what it says.</source>
        <translation>Запустите «pos-app doctor» и сообщите, что он скажет.</translation>
    </message>
</context>
<context>
    <name>TillWindow</name>
    <message>
        <source>Goods</source>
        <translation>Товары</translation>
    </message>
</context>
<context>
    <name>TotalsBox</name>
    <message>
        <source>To pay</source>
        <translation>К оплате</translation>
    </message>
    <message numerus="yes">
        <source>%n item(s)</source>
        <translation>
            <numerusform>%n товар</numerusform>
            <numerusform>%n товара</numerusform>
            <numerusform>%n товаров</numerusform>
        </translation>
    </message>
    <message>
        <source>Discount</source>
        <translation>Скидка</translation>
    </message>
    <message>
        <source>in cash {amount}</source>
        <translation>наличными {amount}</translation>
    </message>
</context>
<context>
    <name>VoidPanelView</name>
    <message>
        <source>Drop the whole basket?</source>
        <translation>Отменить всю покупку?</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Оставить</translation>
    </message>
    <message>
        <source>Drop it</source>
        <translation>Отменить</translation>
    </message>
    <message numerus="yes">
        <source>%n line(s) and the card are taken off. Nothing is booked.</source>
        <translation>
            <numerusform>Будет убрана %n строка и карта. Ничего не проводится.</numerusform>
            <numerusform>Будут убраны %n строки и карта. Ничего не проводится.</numerusform>
            <numerusform>Будет убрано %n строк и карта. Ничего не проводится.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Points</name>
    <message numerus="yes">
        <source>{number} point(s)</source>
        <translation>
            <numerusform>{number} балл</numerusform>
            <numerusform>{number} балла</numerusform>
            <numerusform>{number} баллов</numerusform>
        </translation>
    </message>
</context>
</TS>
