"""Support desks: tickets with fixed fields, and call-centre notes in telegraphic style."""

from random import Random

from .common import DAYS, FIRMS, Row, cast, column, digits, entry, facts, pick, slip, table, talk, triple

BUGS = table("""
the invoice export hangs at 90% ~ <invoice export hangs|export of invoices stalls> at 90%
    ~ a line with a deleted tax code ~ <tax code restored|restored the deleted tax code>
I can't log in after changing my phone ~ <cannot log in|login fails> after <a phone change|changing phones>
    ~ two-factor still tied to the old device ~ <2FA reset|reset of two-factor login>, user re-enrolled
emails from the system land in spam ~ <system emails go|outgoing mail goes> to spam
    ~ missing SPF record on the customer's domain ~ <SPF record|SPF entry> created by customer's IT
the calendar shows every meeting one hour late ~ meetings <shown|displayed> one hour late
    ~ wrong time zone in the profile ~ time zone <corrected|set properly> in profile
my report comes out empty ~ report <comes out empty|shows no rows> ~ date filter left on last year
    ~ filter <cleared|reset>, report <rerun|run again>
the app crashes when I open the camera ~ app <crashes|closes> when <opening the camera|the camera is opened>
    ~ camera permission revoked after the update ~ permission granted <again|once more> in settings
the printer prints every label twice ~ labels <print|are printed> twice ~ duplicate driver installed
    ~ <second|duplicate> driver removed
I was charged for ten seats and we only have eight ~ <billed|charged> for ten seats instead of eight
    ~ two deactivated users still counted ~ seats <released|freed> and credit note <sent|issued>
the dashboard takes a minute to load ~ dashboard <takes a minute to load|is very slow>
    ~ a widget pulling five years of data ~ widget <limited|restricted> to 12 months
uploading PDFs gives an error ~ PDF upload <fails|gives an error> ~ files above the 25 MB limit
    ~ user <compressed the files|split the files>
our single sign-on stopped working ~ single sign-on <stopped working|is down> ~ expired certificate
    ~ new certificate <uploaded|installed>
the sync with our CRM misses contacts ~ CRM sync <misses|skips> contacts
    ~ contacts without an email address are skipped ~ sync rule <changed|adjusted> to use the contact id
two employees can see each other's payslips ~ payslips visible to <a colleague|another employee>
    ~ both were in the HR group by mistake ~ users <taken out of|removed from> the HR group
the discount code is rejected at checkout ~ discount code <rejected|not accepted> at checkout
    ~ code limited to new customers ~ a <new|fresh> code without the limit was <created|issued>
the mobile app keeps logging me out ~ mobile app <keeps logging out|logs the user out repeatedly>
    ~ session length set to five minutes ~ session length <raised|extended> to eight hours
I can't find last month's backups ~ backups of last month <missing|not found> ~ retention set to 14 days
    ~ older copy <restored|recovered> from cold storage
the chat widget isn't visible on our shop page ~ chat widget <missing|not visible> on shop page
    ~ blocked by the cookie banner ~ widget <moved|shifted> to the essential category
numbers in the Excel file show as text ~ Excel <numbers show as text|export shows numbers as text>
    ~ decimal comma in the regional settings ~ regional format <switched|changed> to English
""")
PRODUCTS = ["Ledgerly", "PeopleDesk", "ShopFlow 3", "Docuvault", "Planora", "Fieldmate", "Mailbeam", "StockPilot"]


def ticket_fields(c: Random) -> Row:
    """Software support tickets summarised in fixed fields, one per line, with a status at the end."""
    s = {**cast(c, "AB"), **entry(c, "said issue cause fix", BUGS)}
    s |= {"id": f"{pick(c, ['SD', 'TCK', 'HD'])}-{digits(c, 5)}", "firm": pick(c, FIRMS), "prod": pick(c, PRODUCTS)}
    s |= {"since": pick(c, ["yesterday", "this morning", "the last update", *DAYS]), "n": str(c.randrange(2, 40))}
    s["status"] = pick(c, ["Resolved", "Resolved", "Resolved", "Pending", "Monitoring", "Closed"])
    s["last"] = {
        "Resolved": "<It works now|Great, that did it|Yes, all good now>, <thanks|thank you so much|cheers>!",
        "Pending": "I <can only|will> test it tomorrow, I'll <write|let you know> then.",
        "Monitoring": "Looks better, but <let's watch it|please keep the ticket open> for a few days.",
        "Closed": "<Works|Confirmed|Fixed>. You can close <it|the ticket>.",
    }[s["status"]]
    script = """
        A: <Hi|Hello|Good morning>, <it's {A} from {firm}|this is {A} at {firm}>. <In {prod}|We use {prod} and> {said}.
        B: <Hello|Hi> {A}, <sorry to hear that|thanks for contacting us>. I opened {id}. <Since when|When did it start>?
        A: <Since|It started with the problem> {since}. <About|Around> {n} <people|users> <are affected|have it>.
        ?B: <Could you send a screenshot|Can you share your screen>?
        +A: <Sure, one moment|OK, done|Yes, give me a second>.
        ?A: <This is urgent for us|We close the month on Friday|No rush, but it's annoying>.
        B: <I looked into it|Found it|OK, I see the reason>: {cause}. <So here is what we did|What helps>: {fix}.
        A: {last}
        ?B: <You're welcome|Happy to help|Have a nice day>!
    """
    reports = [
        "Issue: {^issue} <in {prod}|({prod})|||>",
        "Affected: <{n} users|approx. {n} users|{n} people> <at {firm}|since {since}||>",
        "Cause: {^cause}",
        "Resolution: {^fix}",
        "Status: {status}<| ({id})>",
    ]
    wrong = slip(c, s, {"n": [digits(c, 2)], "status": ["Resolved", "Closed", "Monitoring"], "cause": column(BUGS, 2)})
    return triple(talk(c, s, script), "\n".join(facts(c, s, reports)), "\n".join(facts(c, wrong, reports)))


CALLS = table("""
I was charged twice for <my June bill|this month> ~ dbl chg on bill
    ~ refund the second payment in 3 to 5 working days ~ refund 3-5 bd
my broadband drops every evening ~ <bb|broadband> drops every eve ~ send an engineer ~ eng visit bkd
I want to move my contract to a new address ~ <home move|moving house> ~ transfer the line on the day of the move
    ~ line xfer arranged
I lost my SIM card ~ lost SIM ~ block the old one and post a new SIM ~ old SIM blocked, new SIM posted
I'd like to leave because it's too expensive ~ wants to cancel, <price|too exp> ~ offer you 20% off for a year
    ~ offered 20% off 12m
the router light is red ~ red light on router ~ reset the router from here ~ remote reset done
I never got the parcel ~ parcel not rcvd ~ open a trace with the courier ~ trace opened w/ courier
my direct debit date doesn't suit me ~ DD date <chg|change> req ~ move it to the 28th ~ DD moved to 28th
I don't understand the roaming charges ~ <roaming chgs unclear|doesn't understand roaming chgs>
    ~ credit half of it as goodwill ~ 50% goodwill credit
the meter reading on my bill is wrong ~ wrong meter rdg ~ put your reading in and rebill ~ rdg updated, rebill
I forgot my voicemail PIN ~ forgot VM PIN ~ text you a new PIN ~ new PIN sent by SMS
someone opened an account in my name ~ poss fraud, acct in cust name ~ pass this to the fraud team ~ ref to fraud team
I'd like to add my son to the plan ~ add son to plan ~ add a second line for eight pounds a month
    ~ 2nd line added 8 GBP/m
my TV box won't record ~ TV box not recording ~ ship a replacement box ~ repl box ord
I need a copy of last year's bills ~ copy bills req ~ email the PDFs today ~ PDFs emailed
my mother passed away and I need to close her account ~ bereavement, close acct ~ close it without a fee
    ~ acct closed, no fee
I was promised a voucher and it never came ~ voucher not rcvd ~ reissue the voucher ~ voucher reissued
I can't pay the full amount right now ~ can't pay in full ~ split it into three payments ~ 3-part pmt plan set up
""")


def callcentre_notes(c: Random) -> Row:
    """Call-centre wrap-up notes in telegraphic style with abbreviations and no full sentences."""
    s = {**cast(c, "AB"), **entry(c, "said why does did", CALLS)}
    s |= {"A": "Customer", "who": s["A"] + " " + s["Alast"], "acct": digits(c, 6), "amt": f"{c.randrange(9, 180)}"}
    s |= {"cents": pick(c, ["00", "50", "99", "20"]), "day": pick(c, DAYS), "hr": str(c.randrange(1, 6))}
    s["mood"] = pick(c, ["", "", "upset", "calm", "cust happy"])
    s["moan"] = "This is really <not on|unacceptable>, I'm <fed up|very angry>." if s["mood"] == "upset" else ""
    back = c.random() < 0.45
    s["cb"] = "<CB|cb> {day} {hr}pm" if back else pick(c, ["no cb req", "NFA", ""])
    s["cbsay"] = "<Can you|Could someone> call me <back|again> on {day} at {hr}?" if back else "<No, that's all|Nope>."
    s["cbyes"] = "Of course, {day}, {hr} pm." if back else "<Bye then|Have a nice day>."
    script = """
        B: <Thank you for calling|Hello and welcome>, {B} speaking. <May I have|Can I take> your name and account?
        A: {who}, {acct}.
        ?B: <And the first line of your address|And your date of birth>, please?
        +A: <Sure|Yes>, <it's 14 Mill Lane|it's the 3rd of May 1979|22 Station Road>.
        B: <Thanks|Perfect>. <How can I help|What can I do for you>?
        A: {^said}. <The bill says|It is about> {amt}.{cents}, <I think|by the way>.
        A: {moan}
        B: <I'm sorry about that|I understand>. <What I can do is|I will> {does}.
        A: <OK|Fine|All right>, <do that|that would be good|please do>.
        B: <Anything else|Is there anything else>?
        A: {cbsay}
        B: {cbyes}
    """
    notes = [
        "<cust|Cust|caller> <called re|rang re|re> {why}",
        "?<acct|a/c> {acct}",
        "?<amt {amt}.{cents}|{amt}.{cents} on bill>",
        "<adv|agreed|actioned:> {did}",
        "?{mood}",
        "{cb}",
    ]
    wrong = slip(c, s, {"acct": [digits(c, 6)], "did": column(CALLS, 3), "amt": [digits(c, 2)]}, 0.13)
    sep = [". ", "; ", ". "][c.randrange(3)]
    return triple(talk(c, s, script), sep.join(facts(c, s, notes, mix=0.2)), sep.join(facts(c, wrong, notes)))
