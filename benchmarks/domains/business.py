"""Sales calls written up for a CRM, and hotel bookings closed with a status word."""

from random import Random

from .common import (
    CITIES,
    FIRMS,
    MONTHS,
    WORKDAYS,
    Row,
    cast,
    code,
    column,
    entry,
    facts,
    pick,
    prose,
    slip,
    table,
    talk,
    triple,
)

NEEDS = table("""
our drivers still fill in paper forms ~ <drivers use paper forms|paper forms for drivers> ~ the offline mode
    ~ offline mode
we quote from five different spreadsheets ~ <quotes from|quoting in> five spreadsheets ~ the approval workflow
    ~ approval workflow
nobody knows what is in the warehouse ~ <no overview of|unclear> warehouse stock ~ the barcode scanner
    ~ barcode scanning
customers wait two days for an answer ~ two-day <response times|wait for customers> ~ the shared inbox ~ shared inbox
our contract with the old vendor runs out ~ contract with <current|old> vendor <runs out|ends> ~ the data migration
    ~ data migration
we open three shops this year ~ three new shops <this year|planned> ~ the multi-site reports ~ multi-site reporting
the auditors complained about our access rights ~ auditors <criticised|complained about> access rights
    ~ the role model ~ role management
we lose leads between marketing and sales ~ leads <get lost|lost> between marketing and sales ~ the lead scoring
    ~ lead scoring
payroll takes a whole week ~ payroll <takes|needs> a whole week ~ the time clock ~ time clock
half the team works from home now ~ half of the team <works from home|is remote> ~ the mobile app ~ mobile app
every invoice is typed by hand ~ invoices <typed by hand|entered manually> ~ the scan import ~ scan import
we don't see which machine is idle ~ <no view of|cannot see> idle machines ~ the live dashboard ~ live dashboard
our patients miss a lot of appointments ~ many <missed appointments|no-shows> ~ the text reminders ~ text reminders
we grow faster than we can train people ~ <training cannot keep up|not enough training> with growth
    ~ the course builder ~ course builder
""")
DOUBTS = table("""
the price is above what we planned ~ price <above plan|over budget>
I have to convince my boss ~ <boss must agree|needs the boss's approval>
we had a bad experience with a similar tool ~ bad experience with <a similar|another> tool
our IT wants it hosted in Europe ~ <must be hosted|IT wants hosting> in Europe
I'm not sure the team will use it ~ <unsure about|doubts> adoption by the team
the competitor offers three months for free ~ competitor <offers|gives> three free months
we can't start before the summer ~ <no start|cannot start> before summer
we need it in Spanish too ~ Spanish version <needed|required>
""")


def sales_calls(c: Random) -> Row:
    """Sales calls written up for the CRM in clipped sentences with amounts, ending with the next step."""
    s = {**cast(c, "AB"), **entry(c, "said need likes feat", NEEDS), **entry(c, "worry doubt", DOUBTS)}
    s |= {"firm": pick(c, FIRMS), "seats": str(c.randrange(8, 240)), "price": str(c.randrange(9, 60))}
    s |= {"mon": pick(c, MONTHS), "day": pick(c, WORKDAYS), "full": s["B"] + " " + s["Blast"]}
    s["step"] = pick(c, ["send the offer", "a demo for the team", "a trial account", "a call with IT", "references"])
    budget = c.random() < 0.6
    s["money"] = "<We have|There's> a budget of {k},000 <dollars|> for it<, roughly|>." if budget else ""
    s["moneynote"] = "budget <approx. |of |>${k}k" if budget else ""
    s["k"] = str(c.randrange(5, 80))
    script = """
        A: <Hi {B}|Hello {B}>, {A} <here|speaking>. <Is this still a good time|Can you hear me well>?
        B: <Yes, go ahead|Yes, I have twenty minutes|Sure>.
        A: <So what made you look at us|Tell me a bit about {firm}|What's the problem you want to solve>?
        B: <Well|Honestly|Basically>, {said}. <We are|We'd be> about {seats} users.
        ?A: <How do you handle that today|That sounds familiar>.
        +B: <With a lot of patience|Badly|Excel and hope>.
        A: <For that size|With {seats} users> it's {price} dollars <per user and month|a user per month>.
        B: <Hm|OK|I see>. I <really liked|liked> {likes} <on your site|in the video>. But {worry}.
        B: {money}
        A: <I understand|Fair point>. <When would you like to start|What's your timeline>?
        B: <In|Around|Hopefully> {mon}.
        A: <Then let's agree on|As a next step I'd suggest>: {step}. <Would {day} work|On {day}>?
        B: <{^day} is good|Works for me|Perfect>.
    """
    notes = [
        "<spoke to|call with|talked to> {full} <of|from|at> {firm}"
        " (<{seats} users|approx. {seats} seats|{seats} users>)",
        "<pain: |problem: |>{need}",
        "?<likes|interested in|liked> {feat}",
        "?<objection|concern|doubt>: {doubt}",
        "?<quoted|offered> ${price} <per user/month|pupm|per user>",
        "{moneynote}",
        "?<start|go-live|wants to start> <in|planned for|in> {mon}",
        "Next step: {step} <on {day}|({day})|by {day}>",
    ]
    pools = {"seats": ["20", "50", "120"], "mon": MONTHS, "day": WORKDAYS, "doubt": column(DOUBTS, 1), "k": ["15"]}
    wrong = slip(c, s, pools, 0.14)
    return triple(talk(c, s, script), prose(facts(c, s, notes, mix=0.2)), prose(facts(c, wrong, notes, mix=0.2)))


HOTELS = [
    "Harbour Inn",
    "Grand Plaza",
    "Linden House",
    "Hotel Mirador",
    "Old Mill Inn",
    "Seaview Lodge",
    "Park Terrace",
    "Casa Alta",
    "Riverside Court",
    "Hotel Astoria",
    "Blue Door",
    "Wheatsheaf Hotel",
    "Station Hotel",
    "Villa Rosa",
    "Northgate Suites",
    "Hotel Bellevue",
]
WISHES = table("""
a quiet room to the courtyard ~ <quiet room|quiet courtyard room>
a cot for the baby ~ <cot|baby cot>
a late check-out ~ late check-out
a parking space ~ <parking space|parking>
a ground-floor room, because of my knee ~ ground-floor room
vegan breakfast ~ vegan breakfast
feather-free pillows ~ <feather-free pillows|no feather pillows>
a room with a bath ~ <bath|room with bath>
to bring our dog ~ <dog|bringing a dog>
an early check-in ~ early check-in
two connecting rooms ~ connecting rooms
a sea view ~ sea view
""")


def hotel_bookings(c: Random) -> Row:
    """Hotel booking chats summarised in one or two sentences with dates and prices, closed by a status word."""
    s = {**cast(c, "AB"), **entry(c, "wish wants", WISHES), "hotel": pick(c, HOTELS), "city": pick(c, CITIES)}
    s |= {"A": pick(c, ["Guest", s["A"]]), "B": pick(c, ["Agent", s["B"]]), "name": s["Alast"]}
    s |= {"n": str(c.randrange(2, 8)), "date": f"{c.randrange(1, 29)} {pick(c, MONTHS)}", "ref": code(c, 6)}
    s |= {"room": pick(c, ["single", "double", "twin", "family"]), "rate": str(c.randrange(59, 260))}
    s["end"] = pick(c, ["Booked", "Booked", "Booked", "On hold", "Not booked", "Changed"])
    s["close"] = {
        "Booked": "Done, <your reference is|the booking number is|reference> {ref}.",
        "On hold": "<I need to ask my husband|Let me think about it>. <Can you hold it until tonight|Please hold it>?",
        "Not booked": "That's <too much|over our budget>, <sorry|I'll look elsewhere>.",
        "Changed": "<I changed|I've updated> your old booking {ref} <to that|accordingly>.",
    }[s["end"]]
    s["bye"] = "<Have a nice stay|See you>!" if s["end"] in ("Booked", "Changed") else "<No problem|Sure>."
    s["Z"] = s["A"] if s["end"] in ("On hold", "Not booked") else s["B"]
    s["tag"] = "Booked, ref {ref}." if s["end"] == "Booked" else s["end"] + "."
    s["verb"] = "<asked for|enquired about>" if s["end"] == "Not booked" else "<wants|asked for|needs|requested>"
    script = pick(
        c,
        [
            """
        A: <Hi|Hello>, <I need|I'm looking for> a {room} room at <the|> {hotel} in {city}<, please|>.
        B: <Of course|Sure|Happy to help>. <For which dates|When would you arrive>?
        A: <From|We arrive on> {date}, {n} nights.
        """,
            """
        A: <Good evening|Hello there>, do you have anything in {city} from {date}?
        B: <Yes|Let me see>, the {hotel} has rooms. How many nights<, and which kind of room|>?
        A: {n} nights, <a|one> {room} room.
        """,
        ],
    )
    script += """
        ?B: <And your name|On which name>, please?
        +A: {name}.
        B: That <would be|is> {rate} euros a night<, breakfast included|>. <Any special requests|Anything else>?
        A: <We'd like|If possible,> {wish}.
        ?B: <I can't promise it, but I'll note it|I've added that>.
        Z: {close}
        ?B: {bye}
    """
    notes = [
        "<guest|the guest|customer> {verb} a {room} room <at <the |>{hotel}|at <the |>{hotel} in {city}|in {city}> "
        "<for {n} nights from {date}|from {date} for {n} nights|{date}, {n} nights|from {date}>",
        "?<rate|price>: <{rate} euros|EUR {rate}|{rate} euros> <per night|a night|/night>",
        "?<special request|request|wish>: {wants}",
        "{tag}",
    ]
    pools = {"n": ["2", "3", "4"], "room": ["single", "double", "twin"], "rate": ["89", "129"], "hotel": HOTELS}
    wrong = slip(c, s, pools)
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.05)))
