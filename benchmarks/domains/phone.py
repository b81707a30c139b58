"""Voice: dispatch radio all in capitals, and insurance calls with fillers and long summaries."""

from random import Random

from .common import (
    CITIES,
    DAYS,
    HOURS,
    MONTHS,
    Row,
    cast,
    column,
    digits,
    entry,
    facts,
    pick,
    prose,
    slip,
    table,
    talk,
    triple,
)

STREETS = [
    "ELM STREET",
    "HARBOR ROAD",
    "MAIN AND FIFTH",
    "OAK AVENUE",
    "PIER 9",
    "MILL LANE",
    "ROUTE 12",
    "COLLEGE HILL",
    "CANAL STREET",
    "PINE COURT",
    "MARKET SQUARE",
    "STATION PLAZA",
    "LINCOLN BRIDGE",
    "CEDAR DRIVE",
    "QUARRY ROAD",
    "GRAND AVENUE",
    "VALLEY VIEW",
    "KING STREET",
]
CALLOUTS = table("""
SMOKE FROM A ROOF ~ SMOKE <FROM|SEEN FROM> ROOF ~ SMALL CHIMNEY FIRE ~ CHIMNEY FIRE <OUT|EXTINGUISHED>
A TWO-CAR COLLISION ~ TWO-CAR <COLLISION|CRASH> ~ BOTH DRIVERS OUT OF THE CARS ~ BOTH DRIVERS <OUT|SAFE>
A MAN DOWN ON THE SIDEWALK ~ MAN <DOWN|COLLAPSED> ON SIDEWALK ~ PATIENT AWAKE AND TALKING ~ PATIENT <AWAKE|CONSCIOUS>
A GAS SMELL IN A BASEMENT ~ GAS <SMELL|ODOR> IN BASEMENT ~ VALVE CLOSED ~ VALVE <CLOSED|SHUT>
A CHILD STUCK IN AN ELEVATOR ~ CHILD <STUCK|TRAPPED> IN ELEVATOR ~ CHILD IS OUT ~ CHILD <FREED|OUT>
A TREE ON THE POWER LINE ~ TREE ON <POWER LINE|LINE> ~ POWER COMPANY IS CUTTING THE LINE
    ~ POWER COMPANY <ON SITE|NOTIFIED>
A BREAK-IN IN PROGRESS ~ <BREAK-IN|BURGLARY> IN PROGRESS ~ ONE SUSPECT DETAINED ~ ONE <SUSPECT|MALE> DETAINED
A WATER RESCUE ~ WATER RESCUE ~ SWIMMER IS ON THE BOAT ~ SWIMMER <ON BOAT|RECOVERED>
AN ALARM AT THE WAREHOUSE ~ <ALARM AT WAREHOUSE|WAREHOUSE ALARM> ~ FALSE ALARM, DUST IN THE SENSOR
    ~ FALSE ALARM<, DUSTY SENSOR|>
A TRUCK LEAKING DIESEL ~ TRUCK LEAKING <DIESEL|FUEL> ~ SPILL IS CONTAINED ~ SPILL CONTAINED
A FIGHT OUTSIDE A BAR ~ FIGHT OUTSIDE BAR ~ CROWD IS GONE ON ARRIVAL ~ <CROWD GONE|NOBODY THERE> ON ARRIVAL
A DUMPSTER ON FIRE ~ DUMPSTER <ON FIRE|FIRE> ~ FIRE IS OUT ~ <FIRE OUT|EXTINGUISHED>
AN OPEN HYDRANT ~ OPEN HYDRANT ~ HYDRANT SHUT DOWN ~ HYDRANT <SHUT|CLOSED>
A LOST HIKER ~ <LOST|MISSING> HIKER ~ HIKER FOUND WITH A SPRAINED ANKLE ~ HIKER FOUND<, SPRAINED ANKLE|>
""")


def dispatch_capitals(c: Random) -> Row:
    """Dispatch radio all in capitals, dialogue and log line alike."""
    unit = f"{pick(c, ['ENGINE', 'MEDIC', 'UNIT', 'LADDER', 'PATROL'])} {c.randrange(2, 60)}"
    s = {**entry(c, "call note found res", CALLOUTS), "D": "DISPATCH", "U": unit, "V": f"BATTALION {c.randrange(1, 9)}"}
    s |= {"st": pick(c, STREETS), "no": digits(c, 3), "eta": str(c.randrange(2, 15)), "cas": str(c.randrange(2, 5))}
    s |= {"time": f"{c.randrange(0, 24):02d}{c.randrange(0, 60):02d}", "inc": digits(c, 4)}
    hurt = c.random() < 0.35
    s["hurt"] = "WE HAVE {cas} WITH MINOR INJURIES, <ONE AMBULANCE PLEASE|REQUEST AMBULANCE>." if hurt else ""
    s["inj"] = "{cas} <MINOR INJURIES|INJURED (MINOR)>, AMBULANCE <SENT|REQUESTED>" if hurt else "<NO INJURIES|>"
    script = """
        D: {U}, <RESPOND TO|PROCEED TO> {no} {st} FOR {call}. <CALLER IS ON SCENE. |INCIDENT {inc}. |>TIME {time}.
        U: <COPY|ROGER|10-4>, {U} EN ROUTE, ETA {eta} MINUTES.
        ?V: {V} <ALSO RESPONDING|STANDING BY>.
        +D: <COPY {V}|THANK YOU {V}>.
        U: {U} ON SCENE. <UPDATE|BE ADVISED>, {found}.
        U: {hurt}
        D: <COPY ALL|RECEIVED|ROGER>.
        ?U: {U} <BACK IN SERVICE|RETURNING TO STATION|CLEAR>.
    """
    notes = [
        "?{time} HRS",
        "{U} <TO|SENT TO|DISPATCHED TO> {no} {st}",
        "{note}",
        "?<ETA {eta} MIN|ARRIVED IN {eta} MIN>",
        "{res}",
        "{inj}",
    ]
    wrong = slip(c, s, {"no": [digits(c, 3)], "st": STREETS, "eta": ["4", "8"], "cas": ["2", "3", "4"]})
    ref, pred = facts(c, s, notes), facts(c, wrong, notes, miss=0.06)
    return triple(talk(c, s, script), ". ".join(ref) + ".", ". ".join(pred) + ".")


LOSSES = table("""
a pipe burst in the upstairs bathroom ~ a pipe <burst|broke> in the upstairs bathroom
    ~ the ceiling of the living room came down ~ the living room ceiling <collapsed|came down> ~ home
someone backed into my parked car ~ an unknown <driver|vehicle> backed into the parked car
    ~ the left door and the mirror are gone ~ the left door and mirror were damaged ~ auto
a storm took half the fence ~ a storm <destroyed|took down> half of the fence ~ it fell on the neighbor's shed
    ~ the fence <hit|fell on> the neighbor's shed ~ home
I hit a deer on the way home ~ the vehicle <struck|hit> a deer ~ the hood and the radiator are broken
    ~ the hood and radiator were <damaged|broken> ~ auto
my bag was stolen on the train ~ a bag was stolen on a train ~ the laptop and my camera were in it
    ~ it <contained|held> a laptop and a camera ~ travel
the freezer died while we were away ~ the freezer failed during an absence
    ~ all the food is spoiled and the floor is wet ~ food was spoiled and the floor got wet ~ home
my son kicked a ball through the shop window ~ the policyholder's son <broke|kicked a ball through> a shop window
    ~ the owner wants it paid this week ~ the owner <demands|wants> payment this week ~ liability
I slid into a ditch on the ice ~ the vehicle slid into a ditch on ice ~ the axle is bent and it was towed
    ~ the axle is bent and the car was towed ~ auto
there was a fire in the toaster ~ a toaster <caught fire|fire broke out> in the kitchen
    ~ the cabinets are black with smoke ~ the cabinets have smoke damage ~ home
our flight home was canceled ~ the return flight was canceled ~ we paid two extra hotel nights
    ~ two extra hotel nights were paid ~ travel
a shopping cart scratched my new van ~ a shopping cart scratched <the|a new> van ~ the whole right side is scratched
    ~ the right side is scratched ~ auto
my dog tore the mail carrier's bag ~ the policyholder's dog tore a mail carrier's bag ~ all the letters were in the mud
    ~ the letters <ended up|landed> in the mud ~ liability
burglars came through the basement ~ burglars entered through the basement ~ jewelry and a bike are missing
    ~ jewelry and a bike were <taken|stolen> ~ home
hail ruined the roof ~ hail <damaged|ruined> the roof ~ water is dripping into the attic
    ~ water is <leaking|dripping> into the attic ~ home
""")
FILLERS = ["uh", "um", "you know", "like", "I mean", "uh, yeah"]


def _ramble(c: Random, dialogue: str) -> str:
    """Put fillers among the words of the caller."""
    lines = []
    for line in dialogue.split("\n"):
        who, text = line.split(": ", 1)
        words = []
        for number, word in enumerate(text.split()):
            if number and who != "Agent" and c.random() < 0.1 and words[-1][-1].isalpha():
                words[-1] += f", {pick(c, FILLERS)},"
            words.append(word)
        lines.append(f"{who}: {' '.join(words)}")
    return "\n".join(lines)


def insurance_calls(c: Random) -> Row:
    """Phone transcripts of insurance claims with fillers, summarised at length in a formal paragraph."""
    s = {**cast(c, "AX"), **entry(c, "said event also dmg kind", LOSSES), "A": "Caller", "B": "Agent"}
    s |= {"name": f"{s['X']} {s['Alast']}", "pol": f"{pick(c, ['HX', 'PL', 'KM'])}-{digits(c, 6)}", "adj": s["Xlast"]}
    s["art"] = "an" if s["kind"] == "auto" else "a"
    s |= {"date": f"{pick(c, MONTHS)} {c.randrange(1, 29)}", "city": pick(c, CITIES), "cost": f"{c.randrange(2, 90)}00"}
    s |= {"day": pick(c, DAYS[:5]), "hr": pick(c, HOURS), "ded": pick(c, ["250", "500", "750", "1,000"])}
    s |= {"clm": digits(c, 7), "proof": pick(c, ["photos", "a police report", "receipts", "two estimates", "a video"])}
    script = """
        B: <Claims department|Thank you for calling claims>, <how can I help|what happened>?
        A: <Hi|Yeah, hi>, this is {name}, and {said}. That was on {date}, <here |>in {city}.
        B: I'm sorry to hear that. <Is everybody okay|Was anyone hurt>? And could I have the policy number?
        A: <Everybody is fine|No, nobody was hurt>. It's {pol}. And the bad thing is, {also}.
        ?B: <Okay|Mm-hm>, <take your time|I'm writing that down>.
        B: Do you have <a rough idea of the cost|an estimate>?
        A: <Somewhere around|The guy said> {cost} dollars. I have {proof}, if that helps.
        B: It does, please upload it to claim {clm}. Your {kind} policy has a deductible of {ded} dollars.
        ?A: <Oh, that much|Okay, I forgot about that|And will my premium go up>?
        +B: <I understand|I can't say at this point>.
        B: <Our adjuster|An adjuster>, {adj}, will call you on {day} at {hr}.
        A: <Okay, thank you so much|Great, thanks|All right, I appreciate it>.
    """
    notes = [
        "<{name} called to report|the caller, {name}, reported|{name} filed> <{art} {kind} claim|a claim>"
        " <under policy {pol}|(policy {pol})|on policy {pol}>",
        "<on {date}, {event} in {city}|{event} in {city} on {date}>",
        "?<as a result, {dmg}|{dmg}|in addition, {dmg}>",
        "nobody was <injured|hurt>",
        "<the damage is estimated at|the caller estimates the damage at|estimated cost is> ${cost}",
        "?<the caller has {proof} and will provide this evidence|claim {clm} was opened and {proof} will be uploaded>",
        "?<the agent explained the deductible of ${ded}|a deductible of ${ded} applies>",
        "<adjuster {adj} will call on {day} at {hr}|{adj}, the adjuster, will call <back |>on {day} at {hr}>",
    ]
    pools = {"cost": ["900", "2500"], "day": DAYS[:5], "hr": HOURS, "ded": ["250", "500"], "city": CITIES}
    wrong = slip(c, s, pools | {"dmg": column(LOSSES, 3)}, 0.14)
    dialogue = _ramble(c, talk(c, s, script))
    return triple(dialogue, prose(facts(c, s, notes, mix=0.15)), prose(facts(c, wrong, notes, miss=0.06, mix=0.15)))
