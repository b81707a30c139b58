"""Chats: Dutch messages with dates and English gaming chat."""

import random

from .common import Row, clock, fill, number, pair, record, records, slip, tidy, turns, values

DUTCH = values("""
Sanne; Joost; Eva; Daan; Lotte; Bram; Femke; Sem; Anouk; Thijs; Marieke; Ruben; Iris; Koen; Noortje; Jelle; Maud; Pim
Roos; Stijn; Tess; Wout; Yara; Gijs; Hanneke; Luuk; Fleur; Sjoerd; Inge; Mees; Opa Henk; Tante Riet
""")
PLANS = records("""
het feestje @ mijn oven is stuk @ oven [stuk|kapot] @ de taart halen bij de bakker @ [haalt taart|naar bakker \
voor taart]
de verhuizing @ de bus is al verhuurd @ [geen busje|busje al weg] @ een aanhanger regelen @ [regelt|zorgt voor] \
aanhanger
de voetbaltraining @ het veld is te nat @ veld [te nat|onbespeelbaar] @ de sporthal reserveren @ \
[reserveert|boekt] sporthal
het weekendje weg @ het huisje is dubbel geboekt @ huisje [dubbel|al bezet] @ een camping zoeken @ [zoekt|kijkt \
naar] camping
de verjaardag van oma @ de trein rijdt niet @ [geen treinen|trein rijdt niet] @ met de auto rijden @ [rijdt|met auto]
de schoolmusical @ het decor is kapot @ decor [kapot|stuk] @ nieuwe planken kopen @ [koopt|haalt] planken
de buurtbarbecue @ het gaat regenen @ [regen verwacht|slecht weer] @ een partytent lenen @ [leent|brengt] partytent
het etentje @ het restaurant is gesloten @ restaurant [dicht|gesloten] @ bij de Thai bestellen @ \
[bestelt|haalt] Thais eten
de fietstocht @ mijn band is lek @ [lekke band|band lek] @ een reservefiets meenemen @ [neemt fiets mee|leent fiets uit]
de oppas @ het buurmeisje is ziek @ [oppas|buurmeisje] ziek @ op de kinderen passen @ [past op|let op kinderen]
de boekenclub @ niemand heeft het boek uit @ boek [niet uit|nog niet gelezen] @ een samenvatting sturen @ \
[mailt|stuurt] samenvatting
het tuinwerk @ de heggenschaar is stuk @ heggenschaar [defect|stuk] @ een snoeischaar brengen @ [brengt|heeft] \
snoeischaar
het concert @ er is nog maar een kaartje @ [nog een kaartje|bijna uitverkocht] @ kaartjes zoeken @ \
[zoekt|regelt] kaartjes
de schilderklus @ de verf is op @ verf [op|bijna op] @ twee blikken verf kopen @ [koopt|haalt] verf
het zwemmen @ het zwembad is gesloten @ zwembad [dicht|gesloten] @ naar het meer rijden @ [rijdt naar meer|kiest meer]
de tentamenweek @ de bieb zit vol @ bieb [vol|bezet] @ een studieruimte boeken @ [boekt|regelt] studieruimte
""")
WHATSAPP = [
    """
A: [Hoi allemaal|Hee|Hallo lieve mensen] [👋|]
A: {bad}, [dus hoe doen we dat met|dus ik maak me zorgen over|wat nu met] {event}?
?C: [Oh nee|Balen|Wat vervelend] [😬|😢|]
B: [Ik kan|Zal ik|Ik wil wel] {fix}[?| 👍|]
?A: [Top|Super|Je bent een schat] {B}!
?C: [En hoe laat|Welke tijd]?
A: [Zullen we|We beginnen] {day} om {t} [doen|] [?|]
C: [Ik kom iets later|Ik ben er pas een uurtje later|Ik kan pas later]
?B: [Prima|Geen probleem|Is goed]
?A: <Media weggelaten>
""",
    """
B: [Gaat|Blijft] {event} door {day}?
A: [Nou|Eh], {bad} [🙈|]
?B: [Serieus|Dat meen je niet]?
A: [Kan jij misschien|Wil iemand] {fix}?
B: [Doe ik|Komt goed|Regel ik]
A: [Fijn|Dank je], {t} [bij ons|zoals altijd] dan
C: [Ben later|Kom later|Ik kom later aan], [moet werken|sta nog in de file]
?A: [Oké|Ok] tot {day}
""",
]
DUTCH_FRAMES = [
    "[{event} {day} {t}|{day} {event} om {t}|{event} [verplaatst naar|gaat door] {day} {t}]",
    "~{bad_short}",
    "~[{B} {fix_short}|oplossing via {B}|{fix_short} door {B}]",
    "?~{C} [komt later|pas later aanwezig|is vertraagd|sluit later aan]",
    "?{A} [organiseert|vraagt om hulp|blij met hulp]",
]


def dutch_whatsapp(chance: random.Random) -> Row:
    """Dutch WhatsApp lines with dates, summed up in telegraphic phrases without punctuation."""
    facts = record(chance, PLANS, "event bad bad_short fix fix_short")
    facts |= dict(zip("ABC", chance.sample(DUTCH, 3), strict=True))
    days = values("maandag; dinsdag; woensdag; donderdag; vrijdag; zaterdag; zondag")
    facts |= {"day": chance.choice(days), "t": clock(chance, 10, 20)}
    stamp = f"{chance.randint(1, 28):02d}-{chance.randint(1, 12):02d}-2024"
    minute = chance.randint(480, 1300)
    lines: list[str] = []
    for key, text in turns(chance, chance.choice(WHATSAPP), facts):
        minute += chance.randint(0, 9)
        lines.append(f"{stamp} {minute // 60:02d}:{minute % 60:02d} - {facts[key]}: {text}")
    wrong = slip(chance, facts, {"day": days, "B": "C", "t": [f"{hour}:00" for hour in range(10, 21)]})
    facts["event"] = wrong["event"] = facts["event"].split(" ", 1)[1]
    reference, prediction = pair(chance, DUTCH_FRAMES, facts, wrong, same=0.2)
    return {"dialogue": "\n".join(lines), "reference": reference, "prediction": prediction}


HANDLES = values("""
xX_max_Xx; n00b_slayer99; LadyLag; pixelpete_; GG_Greta; __kira__; TankDaddy; s1lentowl; mango.exe; Dr4gonfly; \
zer0cool_42
potato_queen; RushB_Rob; m4dHatter; ToastyTim; lunaTTV; iFrostbite; x_sniperella_x; bongoCat; kevin_nokd; NachoLibra
w1zz4rd; saltyShrek; 7th_son; moonmoth; Captn_Krunch; afk_anna; beeFcake; yoloYara; quackhead; DJ_Respawn; ping999
""")
RUNS = records("""
the ice cave raid @ healer dc'd @ [their healer disconnected|the healer dropped out] @ frost axe
the harbor map @ we got flanked @ [they were flanked|enemies came from behind] @ gold crate
the dragon boss @ nobody had fire potions @ [nobody brought fire potions|fire potions were missing] @ dragon mount
ranked duos @ lag spikes the whole round @ [lag ruined the round|the connection was bad] @ season badge
the haunted mine @ the bridge glitched @ [the bridge glitched|a bug broke the bridge] @ ghost lantern
capture the flag @ two guys afk @ [two players were afk|teammates were away] @ blue banner
the desert convoy @ fuel ran out @ [they ran out of fuel|the tank was empty] @ turbo engine
the space station @ oxygen timer too short @ [the oxygen ran out|there was not enough air] @ plasma rifle
wave 30 survival @ turret overheated @ [the turret overheated|an overheated gun cost them the win] @ shotgun skin
the swamp quest @ npc wont talk @ [the npc is bugged|one character would not talk] @ toad pet
castle siege @ catapult team quit @ [the catapult team quit|half the players left] @ royal shield
the racing cup @ crashed in lap 3 @ [a crash ended lap 3|they crashed in lap 3] @ chrome wheels
the pirate ship @ cannons on cooldown @ [the cannons were on cooldown|they could not fire] @ parrot emote
the jungle temple @ wrong lever @ [someone pulled the wrong lever|the wrong lever was used] @ jade mask
zombie mall @ no ammo left @ [they had no ammo left|ammo ran out] @ chainsaw
the sky arena @ fell off the edge @ [they fell off the edge|a fall ended the run] @ cloud boots
the vault heist @ alarm went off @ [the alarm went off|they set off the alarm] @ diamond drill
the arctic race @ sled dogs stuck @ [the sled got stuck|their dogs were stuck] @ wolf hat
""")
GAMING = [
    """
A: [gg|bruh|omg] {run} [was a disaster|is impossible|lol] [😂|💀|😭|]
B: [yea|ikr|fr] {why} [🤡|smh|]
?C: [not my fault|wasnt me|sry guys]
?A: [nt|its fine|happens] <3
B: [again|one more try|rematch] [at|@] {t} [?|??|]
A: [im in|bet|sure] but [someone|u] bring heals
C: [cant|im out], [got school|mom said no|exam tmrw] [😩|]
?B: [F|rip|L]
B: {A} if we win u get the {loot} [🔥|]
?A: [LETS GOOO|poggers|finally]
""",
    """
C: [who|anyone] up for {run} {t}?
A: [me|+1|always] [🙋|]
B: [same|ok] but last time {why} [💀|]
?A: [we got better gear now|skill issue|dont remind me]
C: [actually|wait nvm] [i cant|i gotta skip], [work|homework|dinner] 😔
B: [np|k], {A} and me duo then
B: {A} can keep the {loot} [this time|]
?A: [ty|w friend|❤️]
?C: [gl hf|good luck]
""",
]
GAMING_FRAMES = [
    "[{A} and {B} [want to try|plan to play] {run} again at {t}|they agree on {run} at {t}|{run} is "
    "[planned|set] for {t} "
    "with {A} and {B}]",
    "?~[{why_long} last time|they complain that {why_long}|the problem was that {why_long}]",
    "~[{C} can't join|{C} cannot make it|only {C} is out|no time for {C}]",
    "?~[{A} gets the {loot}|the {loot} goes to {A}|{B} offers {A} the {loot}]",
]


def gaming_chat(chance: random.Random) -> Row:
    """Gaming chat with user names and emojis, summed up in lower case throughout."""
    facts = record(chance, RUNS, "run why why_long loot")
    facts |= dict(zip("ABC", chance.sample(HANDLES, 3), strict=True))
    facts |= {"t": f"{number(chance, 1, 12)}{chance.choice(('pm', ' pm est', ''))}"}
    style = chance.choice(("{who}: {text}", "<{who}> {text}", "[{who}] {text}"))
    lines = [
        tidy(style.replace("{who}", facts[key]).replace("{text}", text))
        for key, text in turns(chance, chance.choice(GAMING), facts, caps=False)
    ]
    wrong = slip(chance, facts, {"A": "C", "loot": [line[3] for line in RUNS], "t": None})
    low = {key: value.lower() for key, value in facts.items()}
    low_wrong = {key: value.lower() for key, value in wrong.items()}
    joiner = chance.choice((". ", ". ", ", "))
    reference, prediction = pair(chance, GAMING_FRAMES, low, low_wrong, joiner=joiner, caps=False)
    return {"dialogue": "\n".join(lines), "reference": reference, "prediction": fill(chance, prediction, {})}
