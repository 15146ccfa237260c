<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Alert</name>
    <message numerus="yes">
        <source>%n scan(s) ignored</source>
        <translation>
            <numerusform>%n scan ignored</numerusform>
            <numerusform>%n scans ignored</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message numerus="yes">
        <source>%n event(s) wait for headquarters</source>
        <translation>
            <numerusform>%n event waits for headquarters</numerusform>
            <numerusform>%n events wait for headquarters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation>
            <numerusform>%n minute</numerusform>
            <numerusform>%n minutes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s)</source>
        <translation>
            <numerusform>%n hour</numerusform>
            <numerusform>%n hours</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TotalsBox</name>
    <message numerus="yes">
        <source>%n item(s)</source>
        <translation>
            <numerusform>%n item</numerusform>
            <numerusform>%n items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>VoidPanelView</name>
    <message numerus="yes">
        <source>%n line(s) and the card are taken off. Nothing is booked.</source>
        <translation>
            <numerusform>%n line and the card are taken off. Nothing is booked.</numerusform>
            <numerusform>%n lines and the card are taken off. Nothing is booked.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Counted</name>
    <message numerus="yes">
        <source>Wrong PINs: the next try in %n second(s).</source>
        <translation>
            <numerusform>Wrong PINs: the next try in %n second.</numerusform>
            <numerusform>Wrong PINs: the next try in %n seconds.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more with the arrow keys.</source>
        <translation>
            <numerusform>%n more with the arrow keys.</numerusform>
            <numerusform>%n more with the arrow keys.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Points</name>
    <message numerus="yes">
        <source>{number} point(s)</source>
        <translation>
            <numerusform>{number} point</numerusform>
            <numerusform>{number} points</numerusform>
        </translation>
    </message>
</context>
</TS>
