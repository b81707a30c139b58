"""Interviews reported with a quote, and tutoring sessions reported in the first person."""

from random import Random

from .common import MONTHS, Row, cast, column, entry, facts, pick, prose, slip, table, talk, triple, up

TALKS = table("""
baker ~ opening a bakery in a former bank ~ the ovens barely fit through the vault door
    ~ People queue for bread the way they used to queue for money ~ a second shop by the station
marathon runner ~ winning the city race at forty-six ~ training at five in the morning before work
    ~ My legs are old but they are stubborn ~ a race in Japan
novelist ~ publishing a first novel ~ getting rejected by {n} publishers
    ~ I kept the rejection letters as wallpaper ~ a sequel set on an island
beekeeper ~ keeping hives on the roof of the theatre ~ losing half of the bees in a cold spring
    ~ A hive teaches you to move slowly ~ courses for schools
nurse ~ starting a union at the hospital ~ working {n} nights in a row during the flu wave
    ~ Tired people make mistakes, it's that simple ~ talks with the ministry
architect ~ rebuilding the old swimming pool ~ the cracked foundations that nobody had drawn in the plans
    ~ You can't argue with water ~ a library in the north
chef ~ cooking only with local vegetables ~ the first winter with nothing but cabbage
    ~ Cabbage made me a better cook ~ a small cookbook
mayor ~ closing the centre to cars ~ angry letters from {n} shopkeepers ~ Nobody wants the cars back now
    ~ a new tram line
violin maker ~ taking over the workshop from an uncle ~ finding wood that is old enough
    ~ Every violin is a patient that talks back ~ an apprentice for the autumn
game developer ~ making a game about grief ~ running out of money after {n} months
    ~ We wanted players to call their mothers ~ a version for phones
referee ~ being the first woman to referee the cup final ~ insults from the stands
    ~ The whistle doesn't know who blows it ~ coaching young referees
farmer ~ switching to organic farming ~ {n} dry weeks in the second year ~ The soil forgives you, but slowly
    ~ a shop on the farm
teacher ~ teaching refugees in a container ~ having one book for {n} pupils
    ~ They learned faster than I could copy pages ~ a proper classroom
astronomer ~ discovering a comet from the garden ~ clouds on {n} nights in a row ~ The sky owes you nothing
    ~ a talk at the observatory
bus driver ~ writing poems about passengers ~ being laughed at by colleagues at first ~ Every stop is a short story
    ~ a reading at the depot
puppeteer ~ touring villages with a puppet van ~ the van breaking down {n} times
    ~ Children are the most honest critics ~ a show about the sea
""")


def interviews(c: Random) -> Row:
    """Newspaper interviews summarised in a short paragraph that quotes the speaker word for word."""
    s = {**cast(c, "AB"), **entry(c, "job feat hard quote plan", TALKS), "n": str(c.randrange(5, 40))}
    s |= {"full": f"{s['B']} {s['Blast']}", "I": pick(c, ["Q", "Interviewer", s["A"]]), "age": str(c.randrange(27, 68))}
    s |= {"years": str(c.randrange(3, 25)), "mon": pick(c, MONTHS)}
    s["fam"] = pick(c, ["mother", "father", "wife", "friend"])
    s["fam"] = s["fam"] if s["fam"] != "wife" or s["Bhe"] == "he" else "husband"
    s["P"] = pick(c, ["A", s["Blast"], s["B"]]) if s["I"] == "Q" else pick(c, [s["Blast"], s["full"]])
    s["P"] = "A" if s["I"] == "Q" else s["P"]
    s["ajob"] = ("an " if s["job"][0] in "aeiou" else "a ") + s["job"]
    s["lead"] = up(s["hard"])
    script = """
        I: {full}, <you are known for {feat}|everybody talks about you {feat}>. <How did it begin|How did it start>?
        P: <Oh|Well>, I'd been {ajob} for {years} years and <my {fam} kept pushing me|my {fam} had the idea, really>.
        ?I: <Did you hesitate|You are {age} now, was age a question>?
        +P: <Not for a minute|Of course, for months|Everyone asks that>.
        I: What was the hardest <part|moment>?
        P: {lead}, <without a doubt|I think|no question>.
        ?P: <There were days I wanted to give up|I cried in the car, I can admit that now>.
        I: <And what did you learn|What stays with you>?
        P: {quote}.
        I: <What comes next|What are you planning>?
        P: {^plan}, <hopefully|if all goes well> in {mon}.
        ?I: Thank you<| for your time|, {B}>.
    """
    notes = [
        "<{full}|{^job} {full}> <talks|speaks> about {feat}<||, an idea of {Bhis} {fam}>",
        "?<the {job} says the hardest part was {hard}|{Bhe} calls {hard} the hardest part|"
        "the hardest moment, {Bhe} says, was {hard}>",
        '"{quote}," <says {Blast}|{Bhe} says|the {job} says>',
        "?{Bhe} <had been|was> {ajob} for {years} years<| and is now {age}>",
        "?<next comes|{Blast} is now planning|up next is|{Bhe} dreams of> {plan} in {mon}",
    ]
    pools = {"years": ["2", "10", "15"], "mon": MONTHS, "plan": column(TALKS, 4), "fam": ["mother", "sister"]}
    wrong = slip(c, s, pools)
    return triple(talk(c, s, script), prose(facts(c, s, notes, mix=0.15)), prose(facts(c, wrong, notes, miss=0.06)))


LESSONS = table("""
fractions ~ adding fractions with different denominators ~ adding the denominators
    ~ one half and one third are not two fifths ~ worksheet 4
quadratic equations ~ the formula for quadratic equations ~ losing the minus sign
    ~ a negative number squared is positive ~ exercises 12 to 18
the past perfect ~ when to use the past perfect ~ mixing it up with the simple past
    ~ it is for the earlier of two events ~ the story on page 30
photosynthesis ~ the two stages of photosynthesis ~ thinking that plants only breathe at night
    ~ light makes sugar from carbon dioxide ~ the diagram
percentages ~ percentages in shop prices ~ taking the percentage of the wrong number ~ always ask what the whole is
    ~ the shopping task
French verbs ~ irregular verbs in French ~ forgetting the accents ~ a rhyme for the endings ~ ten flash cards
essay writing ~ how to open an essay ~ starting every paragraph the same way ~ begin with a question or a scene
    ~ a new introduction
balancing equations ~ balancing chemical equations ~ changing the small numbers
    ~ only the numbers in front may change ~ six equations
Newton's laws ~ Newton's third law ~ thinking that the forces cancel out ~ the forces act on two different things
    ~ questions 1 to 5
long division ~ long division with remainders ~ skipping zeros in the answer ~ write every digit in its column
    ~ eight divisions
Romeo and Juliet ~ the balcony scene ~ reading only the modern version ~ say the lines aloud ~ act three
probability ~ probability with two dice ~ counting only the different sums ~ draw the table of all 36 pairs
    ~ the dice sheet
loops in Python ~ loops in Python ~ the off-by-one error ~ range stops before the last number ~ the star pattern
map reading ~ contour lines on maps ~ mixing up hills and valleys ~ look at the numbers on the lines
    ~ the walk on map 7
""")


def tutoring(c: Random) -> Row:
    """Tutoring sessions that the tutor sums up in the first person for the parents."""
    s = {**cast(c, "AB"), **entry(c, "topic goal slipup rule work", LESSONS), "A": s0(c)}
    s["got"] = str(c.randrange(4, 10))
    s |= {"test": pick(c, ["on Monday", "on Thursday", "next Friday", "in two weeks", "tomorrow"])}
    s["mood"] = pick(c, ["I get it now", "it's still a bit hard", "that was easier than I thought", "I feel ready"])
    s["felt"] = {
        "I get it now": "<it clicked in the end|{Bhe} understood it in the end>",
        "I feel ready": "{Bhe} feels ready",
        "it's still a bit hard": "{Bhe} still finds it <a bit |>hard",
        "that was easier than I thought": "{Bhe} found it easier than expected",
    }[s["mood"]]
    script = """
        A: <Hi {B}|Hello {B}|Good to see you, {B}>! What <are we doing|should we work on> today?
        B: <Can we do|I need help with|We have to do> {topic}. The test is {test}.
        A: <OK|Good>, let's look at {goal}. <Try the first one|Show me how you'd do it>.
        B: <Like this|I think so|Is that right>?
        A: <Almost|Not quite|Look again>: the usual mistake is {slipup}. <Remember|The trick>: {rule}.
        ?B: <Ohhh|Ah, wait|Why>?
        +A: <Let me draw it|Think of a simple case|Try it with small numbers>.
        B: <Let me try ten more|OK, I'll do the next ten>.
        A: You got {got} out of 10 <right|>. <Well done|Good|Not bad>!
        B: <Yes|Cool|Thanks>, {mood}.
        A: For next time, please do {work}.
        ?B: <OK|Will do|Do I have to? Fine>. <Bye|See you>!
    """
    notes = [
        "<today {B} and I revised|{B} and I practised|{B} and I worked on|with {B} I went through>"
        " {goal}<, since the test is {test}| for the test {test}|>",
        "?<I noticed {slipup}, so I explained: {rule}|the main mistake was {slipup}|I explained: {rule}>",
        "{B} <got|solved|had> {got} <out of|of> 10 <tasks|> <right|correctly> <and {felt}|>",
        "<for next time I set {Bhim}|for homework I gave {Bhim}|I asked {Bhim} to do> {work}",
    ]
    wrong = slip(c, s, {"got": ["5", "7", "9"], "test": ["on Monday", "next week"], "work": column(LESSONS, 4)})
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.07)))


def s0(c: Random) -> str:
    """The tutor's label."""
    return pick(c, ["Tutor", "Mr Keane", "Ms Holloway", "Coach", "Frau Adler", "Mrs Osei"])
