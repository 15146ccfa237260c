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
    <name>ApprovalPanelView</name>
    <message>
        <source>This needs an approval</source>
        <translation>Нужно разрешение</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Allow it</source>
        <translation>Разрешить</translation>
    </message>
</context>
<context>
    <name>AskPage</name>
    <message>
        <source>Goods come back</source>
        <translation>Возврат товара</translation>
    </message>
    <message>
        <source>Looking the receipt up…</source>
        <translation>Ищем чек…</translation>
    </message>
    <message>
        <source>Scan the receipt, or type its number</source>
        <translation>Отсканируйте чек или введите его номер</translation>
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
        <source>Rewards</source>
        <translation>Награды</translation>
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
    <name>Burning</name>
    <message>
        <source>Headquarters is away, and no more points are sure to be there.</source>
        <translation>Нет связи с центром, и больше баллов наверняка нет.</translation>
    </message>
    <message>
        <source>This card is blocked.</source>
        <translation>Эта карта заблокирована.</translation>
    </message>
    <message>
        <source>This card was replaced: points are used with the new one.</source>
        <translation>Карту заменили: баллы тратят по новой.</translation>
    </message>
    <message>
        <source>The points of this account are locked.</source>
        <translation>Баллы этого счёта заморожены.</translation>
    </message>
    <message>
        <source>Headquarters is away, and the till&apos;s clock cannot be right.</source>
        <translation>Нет связи с центром, а часы кассы идут неверно.</translation>
    </message>
    <message>
        <source>Headquarters has stopped this till from spending points.</source>
        <translation>Центр запретил этой кассе списывать баллы.</translation>
    </message>
    <message>
        <source>Headquarters is away and was never heard from yet.</source>
        <translation>Нет связи с центром, и её ещё не было ни разу.</translation>
    </message>
    <message>
        <source>Headquarters has been away for too long.</source>
        <translation>С центром слишком долго нет связи.</translation>
    </message>
    <message>
        <source>Headquarters is away, and this account must be asked for there.</source>
        <translation>Нет связи с центром, а про этот счёт надо спрашивать там.</translation>
    </message>
    <message>
        <source>Headquarters is away, and without it no points are used.</source>
        <translation>Нет связи с центром, а без неё баллы не списывают.</translation>
    </message>
    <message>
        <source>Headquarters is away: there is a limit for each card and day.</source>
        <translation>Нет связи с центром: действует предел на карту в день.</translation>
    </message>
    <message>
        <source>Headquarters is away, and this till&apos;s limit is used up.</source>
        <translation>Нет связи с центром, и предел этой кассы исчерпан.</translation>
    </message>
    <message>
        <source>Headquarters is away and has set no more aside for this till.</source>
        <translation>Нет связи с центром, и больше он для этой кассы не отложил.</translation>
    </message>
    <message>
        <source>Headquarters says that there are fewer points.</source>
        <translation>Центр сообщает, что баллов меньше.</translation>
    </message>
    <message>
        <source>Headquarters does not know this card yet.</source>
        <translation>Центр ещё не знает этой карты.</translation>
    </message>
    <message>
        <source>Headquarters does not allow it.</source>
        <translation>Центр этого не разрешает.</translation>
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
    <message>
        <source>In parts</source>
        <translation>Частями</translation>
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
        <source>In parts</source>
        <translation>Частями</translation>
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
    <name>Coupon</name>
    <message>
        <source>The basket is as it was, and the coupon was not used up.</source>
        <translation>Корзина осталась прежней, купон не погашен.</translation>
    </message>
    <message>
        <source>Go on without it.</source>
        <translation>Продолжайте без него.</translation>
    </message>
    <message>
        <source>Take the coupon off the basket and scan it again.</source>
        <translation>Уберите купон из корзины и отсканируйте его снова.</translation>
    </message>
    <message>
        <source>Try again when headquarters is there, or go on without it.</source>
        <translation>Повторите, когда появится связь с центром, или продолжайте без купона.</translation>
    </message>
    <message>
        <source>A character of this coupon&apos;s code is wrong.</source>
        <translation>В коде этого купона ошибка в одном из знаков.</translation>
    </message>
    <message>
        <source>Scan it, or type it again.</source>
        <translation>Отсканируйте купон или наберите код ещё раз.</translation>
    </message>
    <message>
        <source>No coupon like this was made for this shop.</source>
        <translation>Таких купонов для этого магазина не выпускали.</translation>
    </message>
    <message>
        <source>The code of this coupon is made up: it is not one of ours.</source>
        <translation>Код этого купона подделан: он не наш.</translation>
    </message>
    <message>
        <source>Keep the paper and tell the manager.</source>
        <translation>Оставьте бумагу у себя и сообщите управляющему.</translation>
    </message>
    <message>
        <source>Several coupons in a row were unknown or made up.</source>
        <translation>Несколько купонов подряд оказались неизвестными или поддельными.</translation>
    </message>
    <message>
        <source>Go on without a coupon; in a minute one is read again.</source>
        <translation>Продолжайте без купона; через минуту купоны снова будут приниматься.</translation>
    </message>
    <message>
        <source>This coupon was withdrawn.</source>
        <translation>Этот купон отозван.</translation>
    </message>
    <message>
        <source>This coupon is good from {day} on.</source>
        <translation>Этот купон действует с {day}.</translation>
    </message>
    <message>
        <source>This coupon was good until {day}.</source>
        <translation>Этот купон действовал до {day}.</translation>
    </message>
    <message>
        <source>This coupon is good at another till.</source>
        <translation>Этот купон действует на другой кассе.</translation>
    </message>
    <message>
        <source>Send the customer there, or go on without it.</source>
        <translation>Направьте покупателя туда или продолжайте без купона.</translation>
    </message>
    <message>
        <source>Nothing is given for this coupon today.</source>
        <translation>Сегодня по этому купону ничего не полагается.</translation>
    </message>
    <message>
        <source>This coupon is for one member only.</source>
        <translation>Этот купон только для одного участника.</translation>
    </message>
    <message>
        <source>Scan that member&apos;s card first, or go on without it.</source>
        <translation>Сначала отсканируйте карту этого участника или продолжайте без купона.</translation>
    </message>
    <message>
        <source>This coupon is on this sale already.</source>
        <translation>Этот купон уже есть в этой продаже.</translation>
    </message>
    <message>
        <source>Go on.</source>
        <translation>Продолжайте.</translation>
    </message>
    <message>
        <source>There is such a coupon on this sale, and only one counts.</source>
        <translation>Такой купон в этой продаже уже есть, а засчитывается только один.</translation>
    </message>
    <message>
        <source>The customer can use it next time.</source>
        <translation>Покупатель может использовать его в следующий раз.</translation>
    </message>
    <message>
        <source>This coupon is used up.</source>
        <translation>Этот купон уже использован.</translation>
    </message>
    <message>
        <source>This coupon lies in a basket at another till.</source>
        <translation>Этот купон лежит в корзине на другой кассе.</translation>
    </message>
    <message>
        <source>Ask the customer; it is free again when that basket is given up.</source>
        <translation>Спросите покупателя; купон освободится, когда та корзина будет отменена.</translation>
    </message>
    <message>
        <source>This till&apos;s clock cannot be right, and headquarters cannot be asked.</source>
        <translation>Часы этой кассы не могут быть верны, а спросить центр нельзя.</translation>
    </message>
    <message>
        <source>Headquarters does not take this till&apos;s word.</source>
        <translation>Центр не принимает данные этой кассы.</translation>
    </message>
    <message>
        <source>Go on without it, and have the till enrolled again.</source>
        <translation>Продолжайте без купона и попросите подключить кассу заново.</translation>
    </message>
    <message>
        <source>Headquarters must be asked about this coupon, and does not answer.</source>
        <translation>Об этом купоне нужно спросить центр, а он не отвечает.</translation>
    </message>
    <message>
        <source>Headquarters was not met for too long to take this coupon.</source>
        <translation>Связи с центром не было слишком долго, чтобы принять этот купон.</translation>
    </message>
    <message>
        <source>Headquarters is away, and this till has taken as many coupons alone as it may.</source>
        <translation>Связи с центром нет, и эта касса приняла столько купонов, сколько ей можно принять самой.</translation>
    </message>
    <message>
        <source>The coupon lay in the basket for too long.</source>
        <translation>Купон слишком долго лежал в корзине.</translation>
    </message>
    <message>
        <source>The coupon is worth more by now than may be taken while headquarters is away.</source>
        <translation>Купон теперь стоит больше, чем можно принять без связи с центром.</translation>
    </message>
    <message>
        <source>gives nothing: it is another member&apos;s</source>
        <translation>ничего не даёт: он другого участника</translation>
    </message>
    <message>
        <source>gives nothing on these goods</source>
        <translation>на эти товары ничего не даёт</translation>
    </message>
    <message>
        <source>gives nothing without a member&apos;s card</source>
        <translation>без карты участника ничего не даёт</translation>
    </message>
    <message>
        <source>gives something from {from_minor} on</source>
        <translation>действует от {from_minor}</translation>
    </message>
    <message>
        <source>gives nothing at this hour</source>
        <translation>в этот час ничего не даёт</translation>
    </message>
    <message>
        <source>gives something from purchase {from_receipt} on</source>
        <translation>действует с покупки № {from_receipt}</translation>
    </message>
    <message>
        <source>gives nothing to this class of card</source>
        <translation>карте этого класса ничего не даёт</translation>
    </message>
    <message>
        <source>gives nothing to this member</source>
        <translation>этому участнику ничего не даёт</translation>
    </message>
    <message>
        <source>gives something on the member&apos;s birthday</source>
        <translation>действует в день рождения участника</translation>
    </message>
    <message>
        <source>gives something once it was checked who the member is</source>
        <translation>действует после проверки личности участника</translation>
    </message>
    <message>
        <source>gives nothing: another discount is better</source>
        <translation>ничего не даёт: другая скидка выгоднее</translation>
    </message>
    <message>
        <source>gives nothing on prices that were set by hand</source>
        <translation>на цены, заданные вручную, ничего не даёт</translation>
    </message>
    <message>
        <source>gives no more: its limit is reached</source>
        <translation>больше ничего не даёт: достигнут предел</translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>Saved</source>
        <translation>Сохранено</translation>
    </message>
    <message>
        <source>Back to the card</source>
        <translation>Вернуть на карту</translation>
    </message>
    <message>
        <source>To give back</source>
        <translation>К возврату</translation>
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
        <source>Won: {prize}</source>
        <translation>Выигрыш: {prize}</translation>
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
        <source>Brought by (scan or type that card)</source>
        <translation>Кто привёл (скан или номер карты)</translation>
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
    <name>FiguresPanel</name>
    <message>
        <source>Points</source>
        <translation>Баллы</translation>
    </message>
    <message>
        <source>The receipt knows whose points they are: no card is needed.</source>
        <translation>Чек знает, чьи это баллы: карта не нужна.</translation>
    </message>
    <message>
        <source>No points go with these goods.</source>
        <translation>С этими товарами баллы не связаны.</translation>
    </message>
    <message>
        <source>Choose what comes back: scan the goods, or press Enter on a line.</source>
        <translation>Выберите, что возвращают: отсканируйте товар или нажмите Enter на строке.</translation>
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
    <name>GivePanelView</name>
    <message>
        <source>Give back</source>
        <translation>Отдать</translation>
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
        <source>Given back</source>
        <translation>Отдано</translation>
    </message>
    <message>
        <source>Take the goods back at the fiscal till too.</source>
        <translation>Оформите возврат и на фискальной кассе.</translation>
    </message>
    <message>
        <source>Put it back on the card at the terminal, then type its reference.</source>
        <translation>Верните сумму на карту через терминал и введите номер операции.</translation>
    </message>
    <message>
        <source>In cash</source>
        <translation>Наличными</translation>
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
        <source>nobody is signed in</source>
        <translation>никто не вошёл</translation>
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
        <source>Sign out</source>
        <translation>Выйти</translation>
    </message>
    <message>
        <source>In parts</source>
        <translation>Частями</translation>
    </message>
    <message>
        <source>Round up</source>
        <translation>Округлить</translation>
    </message>
    <message>
        <source>Multiply</source>
        <translation>Умножить</translation>
    </message>
    <message>
        <source>Returns</source>
        <translation>Возврат</translation>
    </message>
    <message>
        <source>Void</source>
        <translation>Отмена</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Почему</translation>
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
        <source>No more of the balance can be used here just now.</source>
        <translation>Здесь сейчас больше списать нельзя.</translation>
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
        <source>Not for this customer</source>
        <translation>Не для этого покупателя</translation>
    </message>
    <message>
        <source>Coupon {coupon}</source>
        <translation>Купон {coupon}</translation>
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
        <source>contract {number}: {amount} to pay</source>
        <translation>договор {number}: осталось {amount}</translation>
    </message>
    <message>
        <source>{owed}, {amount} overdue</source>
        <translation>{owed}, просрочено {amount}</translation>
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
        <source>{amount} more to {card_class}</source>
        <translation>Ещё {amount} до уровня {card_class}</translation>
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
        <source>{amount} more this month for {rate} % next month</source>
        <translation>Ещё {amount} в этом месяце — и {rate} % в следующем</translation>
    </message>
    <message>
        <source>{amount} more for {rate} %</source>
        <translation>Ещё {amount} — и будет {rate} %</translation>
    </message>
</context>
<context>
    <name>MoneyBox</name>
    <message>
        <source>To give back</source>
        <translation>К возврату</translation>
    </message>
    <message>
        <source>It was paid by card: F10</source>
        <translation>Оплачено картой: F10</translation>
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
        <source>Customers cannot give to a cause here now.</source>
        <translation>Сейчас здесь нельзя пожертвовать на доброе дело.</translation>
    </message>
    <message>
        <source>This member has no contract to pay on.</source>
        <translation>У этого участника нет договора, по которому надо платить.</translation>
    </message>
    <message>
        <source>Parts are agreed on this basket. Take the first, or press Esc to go back.</source>
        <translation>Оплата частями согласована. Примите первую часть или нажмите Esc.</translation>
    </message>
    <message>
        <source>{overdue_minor} of a contract is overdue. PgDown takes the payment, with an empty basket.</source>
        <translation>По договору просрочено {overdue_minor}. PgDown при пустом чеке принимает платёж.</translation>
    </message>
    <message>
        <source>{paid_minor} is booked. {owed_minor} is still to be paid.</source>
        <translation>{paid_minor} принято. Осталось заплатить {owed_minor}.</translation>
    </message>
    <message>
        <source>{paid_minor} is booked. The contract is paid.</source>
        <translation>{paid_minor} принято. Договор оплачен.</translation>
    </message>
    <message>
        <source>{given_minor} for: {cause}</source>
        <translation>{given_minor} на доброе дело: {cause}</translation>
    </message>
    <message>
        <source>Taken off again: {cause}</source>
        <translation>Снова убрано: {cause}</translation>
    </message>
    <message>
        <source>The total needs no rounding up: the donation is off this sale.</source>
        <translation>Итог округлять не нужно: пожертвование убрано из чека.</translation>
    </message>
    <message>
        <source>This rounds the total up. For another amount type it, then press +.</source>
        <translation>Это округляет итог. Для другой суммы наберите её и нажмите +.</translation>
    </message>
    <message>
        <source>Type the amount to be given first, then press +.</source>
        <translation>Сначала наберите сумму пожертвования, затем нажмите +.</translation>
    </message>
    <message>
        <source>The total is a multiple of {step_minor} already. Type an amount to be given, then press +.</source>
        <translation>Итог уже кратен {step_minor}. Наберите сумму пожертвования и нажмите +.</translation>
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
        <source>This member brought the new one. Enter enrols the new card.</source>
        <translation>Этот участник привёл нового. Enter — выдать новую карту.</translation>
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
        <source>{burned_units} used: {worth_minor} less to pay. Headquarters holds them for this sale.</source>
        <translation>Списано {burned_units}: к оплате на {worth_minor} меньше. Центр держит их для этой продажи.</translation>
    </message>
    <message>
        <source>{burned_units} used: {worth_minor} less to pay. Headquarters is away; within this till&apos;s limits.</source>
        <translation>Списано {burned_units}: к оплате на {worth_minor} меньше. Нет связи с центром; в пределах этой кассы.</translation>
    </message>
    <message>
        <source>{burned_units} used: {worth_minor} less to pay. Headquarters is away; set aside for this till.</source>
        <translation>Списано {burned_units}: к оплате на {worth_minor} меньше. Нет связи с центром; отложено для этой кассы.</translation>
    </message>
    <message>
        <source>{refusal} At most {most_units} can be used now.</source>
        <translation>{refusal} Сейчас можно списать не больше {most_units}.</translation>
    </message>
    <message>
        <source>{refusal} No points can be used now.</source>
        <translation>{refusal} Сейчас баллы списать нельзя.</translation>
    </message>
    <message>
        <source>There is no reward that this member can take now.</source>
        <translation>Сейчас этому участнику нечего взять из наград.</translation>
    </message>
    <message>
        <source>The reward is on this sale.</source>
        <translation>Награда добавлена к этому чеку.</translation>
    </message>
    <message>
        <source>The reward is off this sale.</source>
        <translation>Награда убрана из этого чека.</translation>
    </message>
    <message>
        <source>{refusal} The reward cannot be taken now.</source>
        <translation>{refusal} Награду сейчас взять нельзя.</translation>
    </message>
    <message>
        <source>Coupon {coupon} is on this sale.</source>
        <translation>Купон {coupon} добавлен к этой продаже.</translation>
    </message>
    <message>
        <source>Coupon {coupon} is good, but gives nothing on this basket yet.</source>
        <translation>Купон {coupon} действителен, но на эту корзину пока ничего не даёт.</translation>
    </message>
    <message>
        <source>Coupon {coupon} is off this sale. It was not used up.</source>
        <translation>Купон {coupon} убран из этой продажи. Он не погашен.</translation>
    </message>
    <message>
        <source>Asking headquarters…</source>
        <translation>Спрашиваем центр…</translation>
    </message>
    <message>
        <source>Asking headquarters about this card. Go on scanning.</source>
        <translation>Спрашиваем центр об этой карте. Сканируйте дальше.</translation>
    </message>
    <message>
        <source>Headquarters knows this card: it is from another region.</source>
        <translation>Центр знает эту карту: она из другого региона.</translation>
    </message>
    <message>
        <source>{product} is the member&apos;s choice now.</source>
        <translation>Теперь выбор клиента: {product}.</translation>
    </message>
    <message>
        <source>Booked: {given_units} for {act}.</source>
        <translation>Записано: {given_units} за «{act}».</translation>
    </message>
    <message>
        <source>{claimed_units} of that receipt were claimed. They appear when headquarters has checked the code.</source>
        <translation>По тому чеку заявлено {claimed_units}. Они появятся, когда центр проверит код.</translation>
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
        <source>Finish this sale first, or drop it with F7.</source>
        <translation>Сначала завершите эту продажу или отмените её клавишей F7.</translation>
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
        <source>Nobody has to sign in at this till.</source>
        <translation>На этой кассе входить не нужно.</translation>
    </message>
    <message>
        <source>Sign in first. What was scanned was not taken.</source>
        <translation>Сначала войдите. Скан не принят.</translation>
    </message>
    <message>
        <source>Finish the approval first, or Esc to go back.</source>
        <translation>Сначала закончите с разрешением или вернитесь клавишей Esc.</translation>
    </message>
    <message>
        <source>Type the PIN, then press Enter.</source>
        <translation>Наберите ПИН и нажмите Enter.</translation>
    </message>
    <message>
        <source>Nobody who may allow this has a PIN here. Esc goes back.</source>
        <translation>Ни у кого, кто может это разрешить, здесь нет ПИН. Esc: назад.</translation>
    </message>
    <message>
        <source>The lock is open. Type the PIN.</source>
        <translation>Блокировка снята. Наберите ПИН.</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Сохраняется…</translation>
    </message>
    <message>
        <source>Only a member who is enrolled can pay in parts. Scan the card.</source>
        <translation>Платить частями может только зарегистрированный участник. Отсканируйте карту.</translation>
    </message>
    <message>
        <source>No programme lets this member pay in parts today.</source>
        <translation>Сегодня ни одна программа не разрешает этому участнику платить частями.</translation>
    </message>
    <message>
        <source>The programme does not let such a total be paid in parts.</source>
        <translation>Программа не разрешает платить такую сумму частями.</translation>
    </message>
    <message>
        <source>A part of another contract is overdue: take that payment first.</source>
        <translation>По другому договору есть просрочка: сначала примите тот платёж.</translation>
    </message>
    <message>
        <source>The member has as many open contracts as the programme allows.</source>
        <translation>У участника уже столько открытых договоров, сколько разрешает программа.</translation>
    </message>
    <message>
        <source>That is more than the contract owes.</source>
        <translation>Это больше, чем осталось по договору.</translation>
    </message>
    <message>
        <source>This contract was paid meanwhile.</source>
        <translation>Этот договор уже оплачен.</translation>
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
        <source>This is not the PIN. Type it again.</source>
        <translation>ПИН неверный. Наберите ещё раз.</translation>
    </message>
    <message>
        <source>The next try has to wait. Nothing was tried.</source>
        <translation>Со следующей попыткой нужно подождать. Эта не засчитана.</translation>
    </message>
    <message>
        <source>This PIN is locked. Ask a manager to open it.</source>
        <translation>ПИН заблокирован. Попросите управляющего снять блокировку.</translation>
    </message>
    <message>
        <source>A PIN has 6 to 12 digits. Nothing was tried.</source>
        <translation>В ПИН от 6 до 12 цифр. Попытка не засчитана.</translation>
    </message>
    <message>
        <source>This person may not allow it either.</source>
        <translation>Этот сотрудник тоже не может это разрешить.</translation>
    </message>
    <message>
        <source>The card of the member who brought this one is not known.</source>
        <translation>Карта участника, который привёл этого, неизвестна.</translation>
    </message>
    <message>
        <source>This card belongs to a member already. Scan it again.</source>
        <translation>У этой карты уже есть владелец. Сканируйте её ещё раз.</translation>
    </message>
</context>
<context>
    <name>PartsPanelView</name>
    <message>
        <source>Pay in parts</source>
        <translation>Оплата частями</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Сейчас</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Agreed</source>
        <translation>Согласовано</translation>
    </message>
    <message>
        <source>until {date}: {amount}</source>
        <translation>до {date}: {amount}</translation>
    </message>
</context>
<context>
    <name>PayPanelView</name>
    <message>
        <source>Payment on a contract</source>
        <translation>Платёж по договору</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>Сумма</translation>
    </message>
    <message>
        <source>Reference on the terminal&apos;s slip; none for cash</source>
        <translation>Номер со слипа терминала; для наличных не нужен</translation>
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
        <source>Still to be paid: {amount}</source>
        <translation>Осталось заплатить: {amount}</translation>
    </message>
    <message>
        <source>The next part until {date}</source>
        <translation>Следующая часть до {date}</translation>
    </message>
    <message>
        <source>{amount} is overdue</source>
        <translation>Просрочено {amount}</translation>
    </message>
</context>
<context>
    <name>PinPanelView</name>
    <message>
        <source>PIN</source>
        <translation>ПИН</translation>
    </message>
    <message>
        <source>Nobody who may allow this has a PIN here.</source>
        <translation>Ни у кого, кто может это разрешить, здесь нет ПИН.</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>Проверка…</translation>
    </message>
    <message>
        <source>Locked after wrong PINs. Enter: a manager opens it.</source>
        <translation>Заблокировано: неверные ПИН. Enter: снимет управляющий.</translation>
    </message>
</context>
<context>
    <name>PointsTexts</name>
    <message>
        <source>Points are not touched now. Headquarters settles them when it has the sale.</source>
        <translation>Баллы сейчас не меняются. Центр пересчитает их, когда получит продажу.</translation>
    </message>
    <message>
        <source>Points are not touched.</source>
        <translation>Баллы не меняются.</translation>
    </message>
    <message>
        <source>{points} come back to the member: they paid for these goods.</source>
        <translation>{points} возвращаются участнику: ими оплачены эти товары.</translation>
    </message>
    <message>
        <source>{points} are taken back: these goods earned them.</source>
        <translation>{points} удерживаются: они начислены за эти товары.</translation>
    </message>
    <message>
        <source>{points} of these had expired: nobody owes them.</source>
        <translation>Из них {points} уже сгорели: за них никто не должен.</translation>
    </message>
    <message>
        <source>{points} of these were spent already: they are forgiven.</source>
        <translation>Из них {points} уже потрачены: они прощаются.</translation>
    </message>
    <message>
        <source>{points} of these were spent already: they are owed, and the next points repay them.</source>
        <translation>Из них {points} уже потрачены: это долг, его погасят следующие баллы.</translation>
    </message>
    <message>
        <source>{points} of those that come back are taken: an earlier return of this receipt forgave them.</source>
        <translation>Из возвращаемых {points} забираются: прежний возврат по этому чеку их простил.</translation>
    </message>
    <message>
        <source>{amount} is taken off the contract: it was not paid yet.</source>
        <translation>{amount} снимается с договора: это ещё не было оплачено.</translation>
    </message>
    <message>
        <source>The member is not known at this till: headquarters books the points.</source>
        <translation>Этой кассе участник не известен: баллы проведёт центр.</translation>
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
        <source>Nothing was claimed. The basket is as it was.</source>
        <translation>Ничего не заявлено. Корзина не изменилась.</translation>
    </message>
    <message>
        <source>To take goods back, finish this sale first, then scan the receipt again.</source>
        <translation>Для возврата сначала завершите эту продажу, затем отсканируйте чек ещё раз.</translation>
    </message>
    <message>
        <source>There are goods in the basket that this customer may not buy.</source>
        <translation>В корзине есть товары, которые этому покупателю продать нельзя.</translation>
    </message>
    <message>
        <source>Nothing was booked. The basket is as it was.</source>
        <translation>Ничего не проведено. Корзина не изменилась.</translation>
    </message>
    <message>
        <source>Take out the marked goods, or scan the card of a member who may buy them.</source>
        <translation>Уберите отмеченные товары или отсканируйте карту того, кому их можно продать.</translation>
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
        <source>The points of this card or account may not be used any more.</source>
        <translation>Баллы этой карты или счёта больше нельзя списывать.</translation>
    </message>
    <message>
        <source>Press F4 and type 0, then finish the sale.</source>
        <translation>Нажмите F4 и введите 0, затем завершите продажу.</translation>
    </message>
    <message>
        <source>Headquarters was not asked about these points.</source>
        <translation>Центр об этих баллах не спросили.</translation>
    </message>
    <message>
        <source>Press F4 and Enter, then finish the sale.</source>
        <translation>Нажмите F4 и Enter, затем завершите продажу.</translation>
    </message>
    <message>
        <source>Headquarters held these points for too long a time and has them back.</source>
        <translation>Центр держал эти баллы слишком долго и забрал их обратно.</translation>
    </message>
    <message>
        <source>This code claims the points of a receipt, and there is no card on this sale.</source>
        <translation>Этот код возвращает баллы по чеку, а карты в продаже нет.</translation>
    </message>
    <message>
        <source>Scan the member&apos;s card, then this code again.</source>
        <translation>Отсканируйте карту покупателя, затем снова этот код.</translation>
    </message>
    <message>
        <source>This code of a receipt was read wrong.</source>
        <translation>Код чека прочитан с ошибкой.</translation>
    </message>
    <message>
        <source>Scan it again.</source>
        <translation>Отсканируйте его ещё раз.</translation>
    </message>
    <message>
        <source>This till has no headquarters that could check the code.</source>
        <translation>У этой кассы нет центра, который мог бы проверить код.</translation>
    </message>
    <message>
        <source>Send the member to another shop of the chain.</source>
        <translation>Направьте покупателя в другой магазин сети.</translation>
    </message>
    <message>
        <source>This card is not known here.</source>
        <translation>Этой карты здесь не знают.</translation>
    </message>
    <message>
        <source>Enrol it first, then scan the code again.</source>
        <translation>Сначала оформите её, затем снова отсканируйте код.</translation>
    </message>
    <message>
        <source>This receipt belongs to another member.</source>
        <translation>Этот чек другого покупателя.</translation>
    </message>
    <message>
        <source>Scan the card that was used on the receipt, then the code again.</source>
        <translation>Отсканируйте карту, что была в чеке, затем снова код.</translation>
    </message>
    <message>
        <source>This receipt is in the till&apos;s own books: none of its points are lost.</source>
        <translation>Этот чек есть в книгах самой кассы: его баллы не потеряны.</translation>
    </message>
    <message>
        <source>Show the member the balance; points that are not usable yet come by their date.</source>
        <translation>Покажите покупателю баланс; ещё не доступные баллы придут к своей дате.</translation>
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
        <source>Nobody is signed in at this till.</source>
        <translation>На этой кассе никто не вошёл.</translation>
    </message>
    <message>
        <source>Sign in with your PIN, then do it again.</source>
        <translation>Войдите со своим ПИН и повторите.</translation>
    </message>
    <message>
        <source>You may not do this.</source>
        <translation>Вам это не разрешено.</translation>
    </message>
    <message>
        <source>Ask somebody who may to sign in.</source>
        <translation>Попросите войти того, кому это можно.</translation>
    </message>
    <message>
        <source>The approval is used up or too old.</source>
        <translation>Разрешение уже использовано или устарело.</translation>
    </message>
    <message>
        <source>Do it again and have it approved anew.</source>
        <translation>Повторите и получите новое разрешение.</translation>
    </message>
    <message>
        <source>The secret that belongs to the PINs of this till is gone from this computer.</source>
        <translation>Секрет, с которым проверяются ПИН этой кассы, пропал с компьютера.</translation>
    </message>
    <message>
        <source>Sales and points are safe; the PINs cannot be checked.</source>
        <translation>Продажи и баллы целы; проверить ПИН нельзя.</translation>
    </message>
    <message>
        <source>Close the till and run &quot;pos-app staff reset-pepper&quot; with the recovery code.</source>
        <translation>Закройте кассу и выполните &quot;pos-app staff reset-pepper&quot; с кодом восстановления.</translation>
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
    <name>Returns</name>
    <message>
        <source>Scan the bars at the foot of the receipt, or type its number.</source>
        <translation>Отсканируйте штрихкод внизу чека или введите его номер.</translation>
    </message>
    <message>
        <source>These goods are not on this receipt.</source>
        <translation>Этого товара в чеке нет.</translation>
    </message>
    <message>
        <source>All of it is back already, or chosen.</source>
        <translation>Всё это уже возвращено или выбрано.</translation>
    </message>
    <message>
        <source>That is another receipt. Finish this one first, or press Esc.</source>
        <translation>Это другой чек. Сначала закончите с этим или нажмите Esc.</translation>
    </message>
    <message>
        <source>No card is needed: the receipt knows whose points they are.</source>
        <translation>Карта не нужна: чек знает, чьи это баллы.</translation>
    </message>
    <message>
        <source>That is not a number that can be used here.</source>
        <translation>Такое число здесь не подходит.</translation>
    </message>
    <message>
        <source>Type how much comes back first, then press F2.</source>
        <translation>Сначала введите, сколько возвращают, затем нажмите F2.</translation>
    </message>
    <message>
        <source>Type what is given back for the line, then press F3.</source>
        <translation>Введите, сколько вернуть за всю строку, и нажмите F3.</translation>
    </message>
    <message>
        <source>Of this line at most {left_milli} can come back.</source>
        <translation>По этой строке можно вернуть не больше {left_milli}.</translation>
    </message>
    <message>
        <source>This is sold by the piece: type a whole number.</source>
        <translation>Это продаётся поштучно: введите целое число.</translation>
    </message>
    <message>
        <source>That is out of range. The line is as it was.</source>
        <translation>Недопустимое значение. Строка не изменилась.</translation>
    </message>
    <message>
        <source>Without the receipt not more than today&apos;s price is given back.</source>
        <translation>Без чека возвращают не больше сегодняшней цены.</translation>
    </message>
    <message>
        <source>Choose first what comes back: scan it.</source>
        <translation>Сначала выберите, что возвращают: отсканируйте товар.</translation>
    </message>
    <message>
        <source>This code is not in the catalogue.</source>
        <translation>Этого кода нет в каталоге.</translation>
    </message>
    <message>
        <source>Sold by weight: scan the label with the weight.</source>
        <translation>Весовой товар: отсканируйте этикетку с весом.</translation>
    </message>
    <message>
        <source>This code cannot be read. Scan it again.</source>
        <translation>Этот код не читается. Отсканируйте ещё раз.</translation>
    </message>
    <message>
        <source>The list is full. Finish it, then take the rest back.</source>
        <translation>Список полон. Завершите его, затем примите остальное.</translation>
    </message>
    <message>
        <source>Finish here first: Enter, or Esc to go back.</source>
        <translation>Сначала закончите здесь: Enter, или Esc — назад.</translation>
    </message>
    <message>
        <source>Looking the receipt up…</source>
        <translation>Ищем чек…</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>Сохраняется…</translation>
    </message>
    <message>
        <source>Headquarters does not answer: what came back at other tills is not known now.</source>
        <translation>Центр не отвечает: что вернули на других кассах, сейчас не известно.</translation>
    </message>
    <message>
        <source>Before it could be shown, goods came back with this receipt: {goods}.</source>
        <translation>Пока чек не был найден, по нему уже возвращали: {goods}.</translation>
    </message>
    <message>
        <source>{receipts} receipts have this number. This is that of {day}, {total_minor}. For the next one scan the number again.</source>
        <translation>Чеков с этим номером: {receipts}. Это чек от {day}, {total_minor}. Чтобы увидеть следующий, отсканируйте номер ещё раз.</translation>
    </message>
    <message>
        <source>This receipt is itself a return.</source>
        <translation>Этот чек сам является возвратом.</translation>
    </message>
    <message>
        <source>Nothing was booked.</source>
        <translation>Ничего не проведено.</translation>
    </message>
    <message>
        <source>Scan the receipt of the sale.</source>
        <translation>Отсканируйте чек продажи.</translation>
    </message>
    <message>
        <source>More would come back than was sold: some of it came back meanwhile.</source>
        <translation>Вернулось бы больше, чем продано: часть тем временем уже вернули.</translation>
    </message>
    <message>
        <source>Press Esc, scan the receipt again and choose anew.</source>
        <translation>Нажмите Esc, отсканируйте чек ещё раз и выберите заново.</translation>
    </message>
    <message>
        <source>Money that was given to a cause comes back with its receipt only.</source>
        <translation>Деньги, пожертвованные на доброе дело, возвращаются только с чеком.</translation>
    </message>
    <message>
        <source>Take it off the list, or find the receipt.</source>
        <translation>Уберите это из списка или найдите чек.</translation>
    </message>
    <message>
        <source>This return is already booked.</source>
        <translation>Этот возврат уже проведён.</translation>
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
        <source>This till has no such receipt.</source>
        <translation>На этой кассе нет такого чека.</translation>
    </message>
    <message>
        <source>Nothing was booked, and nobody&apos;s points were touched.</source>
        <translation>Ничего не проведено, ничьи баллы не изменились.</translation>
    </message>
    <message>
        <source>Check the number on the paper and scan it again.</source>
        <translation>Проверьте номер на бумаге и отсканируйте ещё раз.</translation>
    </message>
    <message>
        <source>Headquarters does not have this receipt yet.</source>
        <translation>В центре этого чека ещё нет.</translation>
    </message>
    <message>
        <source>Check the number on the paper. The till that sold it may not have sent it yet: try again later.</source>
        <translation>Проверьте номер на бумаге. Возможно, касса продажи ещё не отправила чек: повторите позже.</translation>
    </message>
    <message>
        <source>The receipt is not of this till, and headquarters does not answer.</source>
        <translation>Чек не этой кассы, а центр не отвечает.</translation>
    </message>
    <message>
        <source>Try again in a moment, or at the till that sold it.</source>
        <translation>Повторите чуть позже или на кассе, где был продан товар.</translation>
    </message>
</context>
<context>
    <name>ReturnsEntry</name>
    <message>
        <source>Scan, or type</source>
        <translation>Сканируйте или введите</translation>
    </message>
    <message>
        <source>Return of receipt {number}</source>
        <translation>Возврат по чеку {number}</translation>
    </message>
</context>
<context>
    <name>ReturnsKeys</name>
    <message>
        <source>Everything</source>
        <translation>Всё</translation>
    </message>
    <message>
        <source>Look up</source>
        <translation>Найти</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
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
        <source>Not this</source>
        <translation>Не это</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Завершить</translation>
    </message>
    <message>
        <source>Back in cash</source>
        <translation>Наличными</translation>
    </message>
    <message>
        <source>Back to the card</source>
        <translation>На карту</translation>
    </message>
    <message>
        <source>This line</source>
        <translation>Строка</translation>
    </message>
    <message>
        <source>Take code</source>
        <translation>Взять код</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Дальше</translation>
    </message>
    <message>
        <source>Without it</source>
        <translation>Без чека</translation>
    </message>
</context>
<context>
    <name>ReturnsModel</name>
    <message>
        <source>No.</source>
        <translation>№</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>Товар</translation>
    </message>
    <message>
        <source>Bought</source>
        <translation>Куплено</translation>
    </message>
    <message>
        <source>Back now</source>
        <translation>Вернуть</translation>
    </message>
    <message>
        <source>Refund</source>
        <translation>Сумма</translation>
    </message>
    <message>
        <source>{weight} kg</source>
        <translation>{weight} кг</translation>
    </message>
    <message>
        <source>all of it is back already</source>
        <translation>всё уже возвращено</translation>
    </message>
    <message>
        <source>{quantity} back already</source>
        <translation>уже возвращено: {quantity}</translation>
    </message>
    <message>
        <source>today {amount}</source>
        <translation>сегодня {amount}</translation>
    </message>
</context>
<context>
    <name>ReturnsView</name>
    <message>
        <source>Scan what comes back</source>
        <translation>Отсканируйте, что возвращают</translation>
    </message>
</context>
<context>
    <name>RewardsPanelView</name>
    <message>
        <source>Rewards</source>
        <translation>Награды</translation>
    </message>
    <message>
        <source>Take it</source>
        <translation>Взять</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>More with the arrow keys.</source>
        <translation>Остальные — стрелками.</translation>
    </message>
    <message>
        <source>Choose {product}</source>
        <translation>Выбрать {product}</translation>
    </message>
    <message>
        <source>{amount} off</source>
        <translation>Скидка {amount}</translation>
    </message>
</context>
<context>
    <name>SignInPanelView</name>
    <message>
        <source>Sign in</source>
        <translation>Войти</translation>
    </message>
</context>
<context>
    <name>Staff</name>
    <message>
        <source>cashier</source>
        <translation>кассир</translation>
    </message>
    <message>
        <source>pharmacist</source>
        <translation>фармацевт</translation>
    </message>
    <message>
        <source>manager</source>
        <translation>управляющий</translation>
    </message>
    <message>
        <source>auditor</source>
        <translation>ревизор</translation>
    </message>
    <message>
        <source>To sell.</source>
        <translation>Чтобы продавать.</translation>
    </message>
    <message>
        <source>To take goods back.</source>
        <translation>Чтобы принять возврат.</translation>
    </message>
    <message>
        <source>To take goods back whose receipt cannot be looked up.</source>
        <translation>Чтобы принять возврат по чеку, который не найти.</translation>
    </message>
    <message>
        <source>To change a price.</source>
        <translation>Чтобы изменить цену.</translation>
    </message>
    <message>
        <source>To use so many points while headquarters is away.</source>
        <translation>Чтобы списать столько баллов без связи с центром.</translation>
    </message>
    <message>
        <source>To enrol a card.</source>
        <translation>Чтобы выдать карту.</translation>
    </message>
    <message>
        <source>To change a member&apos;s card.</source>
        <translation>Чтобы сменить карту клиента.</translation>
    </message>
    <message>
        <source>To change a balance of points.</source>
        <translation>Чтобы изменить баланс баллов.</translation>
    </message>
    <message>
        <source>To change an account.</source>
        <translation>Чтобы изменить счёт.</translation>
    </message>
    <message>
        <source>To open a locked PIN, or change who works here.</source>
        <translation>Чтобы снять блокировку или изменить список сотрудников.</translation>
    </message>
    <message>
        <source>To erase a member&apos;s personal data.</source>
        <translation>Чтобы стереть личные данные клиента.</translation>
    </message>
    <message>
        <source>To read the audit log.</source>
        <translation>Чтобы читать журнал действий.</translation>
    </message>
    <message>
        <source>To see costs and margins.</source>
        <translation>Чтобы видеть себестоимость и наценку.</translation>
    </message>
    <message>
        <source>To let so much be paid in parts.</source>
        <translation>Разрешить оплату такой суммы частями.</translation>
    </message>
    <message>
        <source>To repair the till&apos;s data.</source>
        <translation>Чтобы исправить данные кассы.</translation>
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
    <message>
        <source>Saved</source>
        <translation>Экономия</translation>
    </message>
    <message>
        <source>Above the list prices</source>
        <translation>Выше цен каталога</translation>
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
        <source>in cash {amount}</source>
        <translation>наличными {amount}</translation>
    </message>
</context>
<context>
    <name>UnknownPage</name>
    <message>
        <source>F5 takes the goods back without it, if a manager allows that.</source>
        <translation>F5 — принять товар без чека, если разрешит управляющий.</translation>
    </message>
    <message>
        <source>Came back with this number before: {goods}.</source>
        <translation>По этому номеру уже возвращали: {goods}.</translation>
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
    <name>Why</name>
    <message>
        <source>{rate_bp} % for a card of class {card_class}.</source>
        <translation>{rate_bp} % по карте класса {card_class}.</translation>
    </message>
    <message>
        <source>{rate_bp} % because the receipt comes to {sum_minor}.</source>
        <translation>{rate_bp} %: сумма чека {sum_minor}.</translation>
    </message>
    <message>
        <source>{rate_bp} % because {sum_minor} were bought before.</source>
        <translation>{rate_bp} %: раньше куплено на {sum_minor}.</translation>
    </message>
    <message>
        <source>{rate_bp} % as a bonus.</source>
        <translation>{rate_bp} % бонусами.</translation>
    </message>
    <message>
        <source>{rate_bp} % for these goods.</source>
        <translation>{rate_bp} % на эти товары.</translation>
    </message>
    <message>
        <source>Points for each {per_minor}: {points}.</source>
        <translation>Баллов за каждые {per_minor}: {points}.</translation>
    </message>
    <message>
        <source>A bonus of so many points: {points}.</source>
        <translation>Бонус, баллов: {points}.</translation>
    </message>
    <message>
        <source>Raised to {multiplied_percent} %.</source>
        <translation>Увеличено до {multiplied_percent} %.</translation>
    </message>
    <message>
        <source>The price for members.</source>
        <translation>Цена для участников.</translation>
    </message>
    <message>
        <source>A special price of {price_minor}.</source>
        <translation>Специальная цена {price_minor}.</translation>
    </message>
    <message>
        <source>{off_minor} off.</source>
        <translation>Скидка {off_minor}.</translation>
    </message>
    <message>
        <source>A reward for {cost} of {pool}, taken {times} time(s).</source>
        <translation>Награда за {cost} ({pool}), взята раз: {times}.</translation>
    </message>
    <message>
        <source>Collected for {pool}.</source>
        <translation>Накоплено: {pool}.</translation>
    </message>
    <message>
        <source>Chance speaks when the sale is booked.</source>
        <translation>Розыгрыш состоится при записи покупки.</translation>
    </message>
    <message>
        <source>No win this time: chance said {roll}, it gives below {wins_below}.</source>
        <translation>В этот раз без выигрыша: выпало {roll}, выигрывает меньше {wins_below}.</translation>
    </message>
    <message>
        <source>Given for {cause}.</source>
        <translation>Передано на {cause}.</translation>
    </message>
    <message>
        <source>{points} points for: {act}.</source>
        <translation>Баллов {points} за: {act}.</translation>
    </message>
    <message>
        <source>There is no card: nothing is earned.</source>
        <translation>Карты нет: ничего не начисляется.</translation>
    </message>
    <message>
        <source>The programme does not run today.</source>
        <translation>Сегодня программа не действует.</translation>
    </message>
    <message>
        <source>Regulated medicine never earns and never accepts points.</source>
        <translation>За лекарства с регулируемой ценой баллы не начисляются и не списываются.</translation>
    </message>
    <message>
        <source>It is money for a cause: it earns nothing.</source>
        <translation>Это пожертвование: за него ничего не начисляется.</translation>
    </message>
    <message>
        <source>The programme excludes these goods.</source>
        <translation>Программа исключает эти товары.</translation>
    </message>
    <message>
        <source>Nothing is paid by money.</source>
        <translation>Деньгами ничего не платят.</translation>
    </message>
    <message>
        <source>For this member and receipt the rate is 0.</source>
        <translation>Для этого участника и чека ставка 0.</translation>
    </message>
    <message>
        <source>The weight of these goods is 0.</source>
        <translation>Вес этих товаров 0.</translation>
    </message>
    <message>
        <source>The limit for a line is 0.</source>
        <translation>Предел на строку 0.</translation>
    </message>
    <message>
        <source>Another rule gives as much or more: {by_rule}.</source>
        <translation>Другое правило даёт столько же или больше: {by_rule}.</translation>
    </message>
    <message>
        <source>Another rule of its group gives as much or more on this receipt.</source>
        <translation>Другое правило группы даёт на этом чеке столько же или больше.</translation>
    </message>
    <message>
        <source>It is for other goods.</source>
        <translation>Это для других товаров.</translation>
    </message>
    <message>
        <source>The price was set by hand.</source>
        <translation>Цена задана вручную.</translation>
    </message>
    <message>
        <source>There is nothing to give on these goods.</source>
        <translation>На эти товары дать нечего.</translation>
    </message>
    <message>
        <source>There is nothing that it could raise.</source>
        <translation>Увеличивать нечего.</translation>
    </message>
    <message>
        <source>The guard leaves nothing for these goods.</source>
        <translation>Защита маржи не оставляет на эти товары ничего.</translation>
    </message>
    <message>
        <source>No programme that runs gives anything for: {act}.</source>
        <translation>Ни одна действующая программа ничего не даёт за: {act}.</translation>
    </message>
    <message>
        <source>Its limits leave nothing.</source>
        <translation>Пределы правила исчерпаны.</translation>
    </message>
    <message>
        <source>It was given as often as it may be.</source>
        <translation>Уже дано столько раз, сколько можно.</translation>
    </message>
    <message>
        <source>It gives on this many receipts at most: {receipts}.</source>
        <translation>Действует не больше чем на стольких чеках: {receipts}.</translation>
    </message>
    <message>
        <source>It does not apply on this weekday.</source>
        <translation>В этот день недели не действует.</translation>
    </message>
    <message>
        <source>It does not apply at {time}.</source>
        <translation>В {time} не действует.</translation>
    </message>
    <message>
        <source>It does not apply today.</source>
        <translation>Сегодня не действует.</translation>
    </message>
    <message>
        <source>It applies on holidays.</source>
        <translation>Действует по праздникам.</translation>
    </message>
    <message>
        <source>It does not apply in this store.</source>
        <translation>В этом магазине не действует.</translation>
    </message>
    <message>
        <source>It applies from {from_minor} on; the receipt is {sum_minor}.</source>
        <translation>Действует от {from_minor}; сумма чека {sum_minor}.</translation>
    </message>
    <message>
        <source>It applies from purchase {from_receipt} on; this is purchase {receipt}.</source>
        <translation>Действует с покупки № {from_receipt}, это покупка № {receipt}.</translation>
    </message>
    <message>
        <source>It does not apply to a card of this class.</source>
        <translation>Для карты этого класса не действует.</translation>
    </message>
    <message>
        <source>It does not apply to the member&apos;s tier.</source>
        <translation>Для уровня участника не действует.</translation>
    </message>
    <message>
        <source>It is for other members.</source>
        <translation>Это для других участников.</translation>
    </message>
    <message>
        <source>No coupon of it is presented.</source>
        <translation>Купон не предъявлен.</translation>
    </message>
    <message>
        <source>It is not the member&apos;s birthday.</source>
        <translation>У участника не день рождения.</translation>
    </message>
    <message>
        <source>The member has not bought the goods that it asks for.</source>
        <translation>Участник не покупал нужных для этого товаров.</translation>
    </message>
    <message>
        <source>The member has {has} of {pool}; {needed} are needed.</source>
        <translation>У участника {has} ({pool}), нужно {needed}.</translation>
    </message>
    <message>
        <source>The member has chosen no such offer.</source>
        <translation>Участник не выбирал такого предложения.</translation>
    </message>
    <message>
        <source>Nobody has checked who the member is.</source>
        <translation>Личность участника не проверена.</translation>
    </message>
    <message>
        <source>The member has not asked for it: F4 F4.</source>
        <translation>Участник об этом не просил: F4 F4.</translation>
    </message>
    <message>
        <source>The member has {has} of {pool}; it costs {needed}.</source>
        <translation>У участника {has} ({pool}), стоит {needed}.</translation>
    </message>
    <message>
        <source>None of its goods is here.</source>
        <translation>Нужных товаров здесь нет.</translation>
    </message>
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
        <source>Points pay at most {cap_bp} % of the goods that accept them.</source>
        <translation>Баллами оплачивается не больше {cap_bp} % таких товаров.</translation>
    </message>
    <message>
        <source>At least {min_paid_minor} is always paid by money.</source>
        <translation>Не меньше {min_paid_minor} всегда платят деньгами.</translation>
    </message>
    <message>
        <source>{requested_units} were asked for, {burned_units} can be used.</source>
        <translation>Просили {requested_units}, можно {burned_units}.</translation>
    </message>
    <message>
        <source>Its share of the points that pay, worth {worth_minor}.</source>
        <translation>Доля баллов, которыми платят, на {worth_minor}.</translation>
    </message>
    <message>
        <source>To be said to this member.</source>
        <translation>Сказать этому участнику.</translation>
    </message>
    <message>
        <source>These goods count {weight_percent} %.</source>
        <translation>Эти товары считаются за {weight_percent} %.</translation>
    </message>
    <message>
        <source>These goods count more or less than others.</source>
        <translation>Эти товары считаются больше или меньше других.</translation>
    </message>
    <message>
        <source>At most so many points a line: {line_max_points}.</source>
        <translation>Баллов на строку не больше: {line_max_points}.</translation>
    </message>
    <message>
        <source>A limit left {receipt_max_units}.</source>
        <translation>Предел оставил {receipt_max_units}.</translation>
    </message>
    <message>
        <source>A limit left {cap_minor}.</source>
        <translation>Предел оставил {cap_minor}.</translation>
    </message>
    <message>
        <source>A limit left {cap_units}.</source>
        <translation>Предел оставил {cap_units}.</translation>
    </message>
    <message>
        <source>Won: chance said {won_with}, it gives below {wins_below}.</source>
        <translation>Выигрыш: выпало {won_with}, выигрывает меньше {wins_below}.</translation>
    </message>
    <message>
        <source>The last one that it applies to is purchase {until_receipt}.</source>
        <translation>Последняя покупка, на которую это действует: {until_receipt}.</translation>
    </message>
    <message>
        <source>Lowered so that rewards do not cost too much.</source>
        <translation>Уменьшено, чтобы награды не стоили слишком дорого.</translation>
    </message>
    <message>
        <source>none</source>
        <translation>нет</translation>
    </message>
    <message>
        <source>The whole receipt</source>
        <translation>Весь чек</translation>
    </message>
    <message>
        <source>Not for this customer.</source>
        <translation>Не для этого покупателя.</translation>
    </message>
    <message>
        <source>Nothing.</source>
        <translation>Ничего.</translation>
    </message>
    <message>
        <source>Margin from {percent} % on.</source>
        <translation>Маржа от {percent} %.</translation>
    </message>
</context>
<context>
    <name>WhyPanelView</name>
    <message>
        <source>Why</source>
        <translation>Почему</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Раньше</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Дальше</translation>
    </message>
</context>
<context>
    <name>Working</name>
    <message>
        <source>Points cannot be spent: the clock cannot be right.</source>
        <translation>Баллы списать нельзя: часы не могут быть верны.</translation>
    </message>
    <message>
        <source>Points cannot be spent: headquarters does not take this till&apos;s word.</source>
        <translation>Баллы списать нельзя: центр не принимает слово этой кассы.</translation>
    </message>
    <message>
        <source>Points cannot be spent: headquarters must be asked, and does not answer.</source>
        <translation>Баллы списать нельзя: нужно спросить центр, а он не отвечает.</translation>
    </message>
    <message>
        <source>Points cannot be spent: headquarters was never heard.</source>
        <translation>Баллы списать нельзя: связи с центром ещё не было.</translation>
    </message>
    <message>
        <source>Points cannot be spent: headquarters has been away for too long.</source>
        <translation>Баллы списать нельзя: с центром слишком долго нет связи.</translation>
    </message>
    <message>
        <source>Points cannot be spent: this till&apos;s limit is used up until headquarters answers.</source>
        <translation>Баллы списать нельзя: лимит этой кассы исчерпан, пока центр не ответит.</translation>
    </message>
    <message>
        <source>Points cannot be spent: headquarters has set none aside for this till, and does not answer.</source>
        <translation>Баллы списать нельзя: центр ничего не отложил для этой кассы и не отвечает.</translation>
    </message>
    <message>
        <source>Headquarters cannot be reached. Sales are kept here and sent later.</source>
        <translation>Нет связи с центром. Продажи хранятся здесь и будут отправлены позже.</translation>
    </message>
    <message>
        <source>Headquarters answers too slowly. Sales are kept here and sent later.</source>
        <translation>Центр отвечает слишком медленно. Продажи хранятся здесь и будут отправлены позже.</translation>
    </message>
    <message>
        <source>Something else than headquarters answers at its address. Sales are kept here.</source>
        <translation>По адресу центра отвечает что-то другое. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Headquarters has an error of its own. Sales are kept here and sent later.</source>
        <translation>В центре ошибка. Продажи хранятся здесь и будут отправлены позже.</translation>
    </message>
    <message>
        <source>Headquarters is busy. Sales are kept here and sent in a moment.</source>
        <translation>Центр занят. Продажи хранятся здесь и скоро будут отправлены.</translation>
    </message>
    <message>
        <source>Headquarters does not know this till. Sales are kept here.</source>
        <translation>Центр не знает эту кассу. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Headquarters wants a newer version of this program. Sales are kept here.</source>
        <translation>Центру нужна более новая версия программы. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Headquarters refuses a receipt for its size. It is kept here.</source>
        <translation>Центр не принимает чек из-за его размера. Чек хранится здесь.</translation>
    </message>
    <message>
        <source>Another till writes under this till&apos;s name. Sales are kept here.</source>
        <translation>Под именем этой кассы пишет другая. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>This till was enrolled on another computer. Sales are kept here.</source>
        <translation>Эта касса подключена на другом компьютере. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Headquarters has shut this till out. Sales are kept here.</source>
        <translation>Центр отключил эту кассу. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Sending failed by an error of this program. Sales are kept here.</source>
        <translation>Отправка не удалась из-за ошибки программы. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>What answers as headquarters does not sign with its key. Nothing was taken from it.</source>
        <translation>То, что отвечает вместо центра, не подписывает ответы его ключом. Ничего не принято.</translation>
    </message>
    <message>
        <source>Headquarters wants events back that it had called safe. Sales are kept here.</source>
        <translation>Центр просит вернуть события, которые считал сохранёнными. Продажи хранятся здесь.</translation>
    </message>
    <message>
        <source>Points cannot be spent at the moment.</source>
        <translation>Сейчас баллы списать нельзя.</translation>
    </message>
    <message>
        <source>Nothing is to be done: it goes on by itself.</source>
        <translation>Делать ничего не нужно: всё восстановится само.</translation>
    </message>
    <message>
        <source>To do: make a code at headquarters and join with it.</source>
        <translation>Что делать: получите код в центре и подключите кассу.</translation>
    </message>
    <message>
        <source>To do: make a code for this till&apos;s number at headquarters and join with it.</source>
        <translation>Что делать: получите в центре код для номера этой кассы и подключите её заново.</translation>
    </message>
    <message>
        <source>To do: call support.</source>
        <translation>Что делать: позвоните в поддержку.</translation>
    </message>
    <message>
        <source>To do: check the address of headquarters in the settings.</source>
        <translation>Что делать: проверьте адрес центра в настройках.</translation>
    </message>
    <message>
        <source>To do: install the newer version of this program.</source>
        <translation>Что делать: установите новую версию программы.</translation>
    </message>
    <message>
        <source>To do: set the clock right.</source>
        <translation>Что делать: поставьте часы верно.</translation>
    </message>
    <message>
        <source>To do: put the disk with the second copy of the journal back.</source>
        <translation>Что делать: верните диск со второй копией журнала.</translation>
    </message>
    <message>
        <source>Selling works. Points are earned.</source>
        <translation>Продажа работает. Баллы начисляются.</translation>
    </message>
    <message>
        <source>Members are being fetched from headquarters: {count} so far.</source>
        <translation>Загружаются участники из центра: пока {count}.</translation>
    </message>
    <message>
        <source>Headquarters was away for too long: names that it has were forgotten here. They come back with it.</source>
        <translation>С центром слишком долго не было связи: имена, которые у него есть, здесь удалены. Они вернутся вместе со связью.</translation>
    </message>
    <message>
        <source>Points can be spent.</source>
        <translation>Баллы можно списывать.</translation>
    </message>
    <message>
        <source>Points can be spent: headquarters is asked.</source>
        <translation>Баллы можно списывать: спрашиваем центр.</translation>
    </message>
    <message>
        <source>Points can be spent without headquarters: up to {most} a card, above {step} with a manager.</source>
        <translation>Баллы можно списывать и без центра: до {most} с карты, свыше {step} — с менеджером.</translation>
    </message>
    <message>
        <source>Goods can come back, with receipts of other tills too.</source>
        <translation>Возврат работает, в том числе по чекам других касс.</translation>
    </message>
    <message>
        <source>Goods can come back with this till&apos;s receipts; with others a manager decides.</source>
        <translation>Возврат работает по чекам этой кассы; по другим решает менеджер.</translation>
    </message>
    <message>
        <source>The second copy of the journal cannot be written. Sales are booked as always.</source>
        <translation>Вторая копия журнала не записывается. Продажи проводятся как всегда.</translation>
    </message>
    <message>
        <source>The second copy of the journal is {count} events behind.</source>
        <translation>Вторая копия журнала отстаёт, событий: {count}.</translation>
    </message>
</context>
<context>
    <name>_Counted</name>
    <message numerus="yes">
        <source>Wrong PINs: the next try in %n second(s).</source>
        <translation>
            <numerusform>Неверный ПИН: следующая попытка через %n секунду.</numerusform>
            <numerusform>Неверный ПИН: следующая попытка через %n секунды.</numerusform>
            <numerusform>Неверный ПИН: следующая попытка через %n секунд.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more with the arrow keys.</source>
        <translation>
            <numerusform>Ещё %n: клавиши со стрелками.</numerusform>
            <numerusform>Ещё %n: клавиши со стрелками.</numerusform>
            <numerusform>Ещё %n: клавиши со стрелками.</numerusform>
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
