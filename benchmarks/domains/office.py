"""Short business texts: subject lines of requests, and stand-ups under the initials of the speakers."""

from random import Random

from .common import CITIES, WORKDAYS, Row, cast, column, entry, pick, say, slip, table, talk, triple

MAILS = table("""
my badge doesn't open the garage any more
    ~ <Badge does not open garage|Garage access with badge|Badge problem at garage>
I need a second monitor for home ~ <Second monitor for home office|Request for second monitor|Home office monitor>
the meeting room in the cellar smells of smoke ~ <Smoke smell in meeting room|Smell of smoke in cellar room>
I'd like to take parental leave from spring ~ <Parental leave from spring|Request for parental leave>
my payslip shows the wrong tax class ~ <Wrong tax class on payslip|Payslip with wrong tax class>
can we have a bike rack at the back entrance ~ <Bike rack at back entrance|Request for bike rack>
the coffee machine leaks ~ <Leaking coffee machine|Coffee machine leaks>
I can't open the shared drive from the train
    ~ <No access to shared drive on the train|Shared drive access while travelling>
I have to change my bank account for the salary ~ <Change of bank account for salary|New bank account for salary>
my laptop battery lasts ten minutes ~ <Laptop battery failing|Weak laptop battery|Laptop battery lasts ten minutes>
I want to bring my dog to work ~ <Dog at work|Question about dogs at work|Bringing a dog to work>
the heating on our floor is off ~ <Heating off on our floor|No heating on the floor>
I lost my locker key ~ <Lost locker key|Locker key lost>
please order business cards for the new colleagues ~ <Business cards for new colleagues|Order of business cards>
my training budget isn't shown in the portal ~ <Training budget missing in portal|Training budget not shown>
I get spam from our own domain ~ <Spam from own domain|Spam mails from our domain>
the lift stops between two floors ~ <Lift stops between floors|Lift problem>
can I work from Portugal for a month ~ <Working from Portugal for a month|Remote work from Portugal>
my phone contract ends next week ~ <Phone contract ending|End of phone contract next week>
we need an interpreter for sign language ~ <Sign language interpreter needed|Request for sign language interpreter>
the blinds in my office are stuck ~ <Stuck blinds in office|Office blinds stuck>
I forgot to clock out yesterday ~ <Forgot to clock out|Missing clock-out yesterday>
""")
ANSWERS = [
    "<I've passed it on|I'll forward that> to <facilities|the right team|the desk in {city}>.",
    "<Thanks|OK>, <I need|please send me> your staff number and a photo.",
    "<I'll check|Let me ask> and get back to you by {day}.",
    "<That needs|You need> the approval of your manager, {X} I think.",
    "<Somebody|A colleague> will come by on {day}.",
]


def subject_lines(c: Random) -> Row:
    """Requests to an office desk summarised by a bare subject line; the same lines come again and again."""
    s = {**cast(c, "ABX"), **entry(c, "said title", MAILS), "city": pick(c, CITIES), "day": pick(c, WORKDAYS)}
    s["reply"] = pick(c, ANSWERS)
    script = """
        A: <Hi {B}|Hello|Good morning {B}|Hey>, {said}.
        ?B: <Hi {A}|Oh|Hm>, <since when|have you talked to anybody about it|is it urgent>?
        +A: <Since {day}|Not yet|A bit, yes|No, whenever you can>.
        B: {reply}
        ?A: <Thanks|Great, thank you|Perfect|OK>!
    """
    wrong = slip(c, s, {"title": column(MAILS, 1)}, 0.07)
    return triple(talk(c, s, script), say(c, "{title}", s), say(c, "{title}", wrong))


WORK = table("""
finished the login tests ~ login tests <done|finished>
fixed the flaky build ~ <flaky build fixed|fixed flaky build>
met the client about the map ~ client meeting <on|about> map
reviewed two pull requests ~ <two PRs reviewed|reviewed 2 PRs>
was ill ~ <ill|sick>
wrote the migration script ~ migration script <written|done>
looked at the memory leak ~ <looked into|analysed> memory leak
interviewed a candidate ~ <interview with candidate|candidate interview>
updated the wiki ~ <wiki updated|updated wiki>
moved the icons to the new set ~ icons <moved to|now in> new set
paired with the trainee ~ <pairing|paired> with trainee
cleaned up the backlog ~ backlog <cleaned|tidied>
deployed to staging ~ <on staging|deployed to staging>
translated the help pages ~ help pages <translated|in translation>
called the hosting company ~ <called|phone call with> hosting company
prepared the demo ~ demo <prepared|ready>
""")
PLANS = table("""
start with the billing page ~ <start|begin> billing page
write the release notes ~ release notes
test on the old tablet ~ <test|tests> on old tablet
go on with the search filter ~ <continue|go on with> search filter
prepare the workshop ~ <prepare|prep> workshop
upgrade the database ~ <DB upgrade|upgrade database>
answer the customer mails ~ customer mails
draw the new empty screens ~ <draw|design> empty screens
finish the importer ~ <finish|complete> importer
do the expense report ~ expense report
look into the slow query ~ <look into|check> slow query
remove the old API ~ <remove|drop> old API
""")
BLOCKS = table("""
I'm waiting for the texts ~ <waiting for|needs> texts
the test server is down ~ test server <down|offline>
I don't have access to the vault ~ no <access to vault|vault access>
nobody answers at the bank ~ no <answer|reply> from bank
I need a decision about the colours ~ <colour decision|decision on colours> needed
my laptop is in repair ~ laptop <in|under> repair
""")


def standup_initials(c: Random) -> Row:
    """Daily stand-ups summarised as one line per speaker under initials, with work done, plan and blocker."""
    people, turns, ref, pred = cast(c, "ABCD"), [], [], []
    keys = "ABCD"[: c.randrange(2, 5)]
    for key in keys:
        s = {**entry(c, "did done", WORK), **entry(c, "plan next", PLANS), **entry(c, "trouble block", BLOCKS)}
        s |= {"A": people[key], "ini": people[key][0] + people[key + "last"][0]}
        s["B"] = people["D" if key == "A" else "A"]
        blocked = c.random() < 0.35
        s["end"] = say(c, "<One problem: |But >{trouble}.", s) if blocked else pick(c, ["", "No blockers.", ""])
        s["tail"] = "<blocked: {block}|BLOCKED {block}>" if blocked else pick(c, ["", "", "no blockers"])
        script = """
            A: <Yesterday I|So, I|OK, I> {did}. Today <I'll|I want to|I'm going to> {plan}. {end}
            ?B: <Thanks, {A}|OK, who's next|Let's talk after this|Cool>.
        """
        turns.append(talk(c, s, script))
        wrong = slip(c, s, {"next": column(PLANS, 1), "tail": [""], "done": column(WORK, 1)}, 0.05)
        form = ["{ini}: {done}; <next|today|then>: {next}", "{tail}"]
        for out, slots in ((ref, s), (pred, wrong)):
            out.append(say(c, "; ".join(text for text in form if say(c, text, slots)), slots))
    return triple("\n".join(turns), "\n".join(ref), "\n".join(pred))
