"""Code reviews summed up by two annotators, and tutoring sessions with formulas."""

import random

from .common import NAMES, Row, clock, number, pair, record, records, slip, turns, values

FLAWS = records("""
`retry_request` @ the loop never [stops|ends] on a 404 @ cap the [retries|attempts]
`UserCache` @ [entries never expire|stale entries stay forever] @ add a [time to live|TTL]
`parse_dates` @ [time zones are ignored|it drops the time zone] @ store [everything in UTC|UTC only]
`OrderForm` @ the [button|form] can be submitted twice @ [disable it after the first click|block the second click]
`load_config` @ a missing file [crashes the service|takes down the service] @ fall back to [defaults|built-in values]
`export_csv` @ [commas in names break the rows|names with commas are not quoted] @ use the [csv module|standard writer]
`resize_image` @ it [reads the whole file into memory|uses far too much memory] @ [stream it|read it in chunks]
`login_view` @ [the error reveals valid e-mails|one can guess which users exist] @ show [one generic \
message|the same text]
`sync_worker` @ two workers [grab|take] the same job @ [lock the row|take a lock] first
`InvoiceTotal` @ [rounding is off by a cent|cents are rounded wrongly] @ [use Decimal|switch to decimals]
`search_index` @ [queries with umlauts fail|umlauts are not found] @ [normalise the text|apply Unicode normalisation]
`MailSender` @ a [timeout|slow server] blocks the request @ [send in the background|move it to a queue]
`migrate_0042` @ it [locks the table for minutes|blocks writes on a big table] @ [create the index \
concurrently|do it in batches]
`DashboardChart` @ it [renders on every keystroke|redraws far too often] @ [debounce the input|wait for a pause \
in typing]
`hash_password` @ it [still uses MD5|relies on an old hash] @ [switch to argon2|use a modern hash]
`upload_handler` @ the [file type is not checked|client can send any file] @ [check the magic bytes|validate \
the content]
`price_filter` @ [negative numbers are accepted|it allows prices below zero] @ [validate the range|reject them]
`webhook_route` @ the signature is [not verified|never checked] @ [compare the HMAC|verify it before parsing]
`test_checkout` @ it [depends on the clock|fails after midnight] @ [freeze the time|inject a fake clock]
`Paginator` @ the last page is [empty|blank] when counts match @ [fix the off-by-one|use ceiling division]
""")
NITS = values("""
typo in the docstring; unused import on top; please rename the variable `x`; the test name is misleading; \
missing type hint
this comment is outdated; trailing whitespace; magic number, make it a constant; log level should be debug
the branch needs a rebase; the changelog entry is missing; I would inline this helper; this belongs in utils
""")
REVIEW = [
    """
A: [Opened|Here is] #{pr}: touches {code}. [Ready for review.|PTAL @{B}|Small one.]
B: [In|Looking at] {code}, line {line}: {flaw}. [Is that on purpose?|Can you reproduce?|]
?B: nit: {nit}
A: [Good catch.|Oops.|You are right.|Hm, true.] [What do you suggest?|How would you fix it?]
B: [I'd|Could we|Let's] {fix}[.| here.| and add a test.]
?C: [+1|Agreed|Same thought here][, we had that bug in {old} already|].
A: [Done|Pushed|Fixed] in {sha}.
?B: [CI is red|The build fails|Tests fail] [now|on 3.9], [flaky|can you look]?
&A: [Re-ran it, green now.|Unrelated, fixed on main.|Missed a file, fixed.]
[B: LGTM, [approved|merging] :shipit:|B: [Approved|LGTM] 👍]
""",
    """
B: [Requesting changes|Changes requested] on #{pr}. {flaw} in {code} (L{line}).
?B: [Also|And]: {nit}
C: [Could|Should] we {fix}?
A: [Makes sense|Fair|OK], [will do|on it]. [It was a quick hack.|I copied that from {old}.|]
A: [Updated|Force-pushed|New commit]: {sha}
?C: [Benchmarks?|Did you test it by hand?|Does it need docs?]
&A: [Added to the description.|Yes, with real data.|I wrote some, see below.]
B: [Thanks, merging|Looks good, merged|Approved]{dots}
""",
]
BULLETS = [
    "- [#{pr} changes {code}|PR #{pr} on {code}|Review of {code} (#{pr})]",
    "- [Problem: {flaw}|{B} notes that {flaw}|{flaw} (line {line})]",
    "?- [Nit: {nit}|Minor: {nit}]",
    "- [Fix: {fix}|Agreed to {fix}|{A} to {fix}]",
    "?- [{A} fixed it in {sha}|Commit {sha}|Done in {sha} and approved]",
]
PROSE = [
    "[{B} reviews the change of {A} to {code} and finds that {flaw}.|While reviewing {code}, {B} "
    "remarks that {flaw}.|{A} has "
    "changed {code}, but {flaw}, as {B} points out.]",
    "[They agree to {fix}|To solve this, they decide to {fix}|The suggested remedy is to {fix}][, "
    "which {A} does in {sha}|].",
    "?[In the end, #{pr} is approved.|The request is then merged.|{B} approves the change afterwards.]",
]


def code_review(chance: random.Random) -> Row:
    """Code reviews by two annotators: one writes bullets on threads with times, the other prose on those without."""
    facts = record(chance, FLAWS, "code flaw fix")
    facts |= dict(zip("ABC", (name.lower() for name in chance.sample(NAMES, 3)), strict=True))
    facts |= {"pr": number(chance, 12, 4120), "line": number(chance, 3, 480), "nit": chance.choice(NITS), "dots": "."}
    facts |= {"sha": f"{chance.getrandbits(28):07x}", "old": f"v{chance.randint(1, 5)}.{chance.randint(0, 12)}"}
    which = chance.randint(0, 1)
    template = REVIEW[which].replace(
        "[B: LGTM, [approved|merging] :shipit:|B: [Approved|LGTM] 👍]", "B: [LGTM|Approved] 👍"
    )
    bullets = chance.random() < (0.9 if which else 0.1)
    said = turns(chance, template, facts)
    head = f"diff --git a/src/{facts['code'].strip('`').lower()}.py\n@@ -{facts['line']},7 +{facts['line']},9 @@\n"
    times = sorted(clock(chance, 8, 19) for _ in said)
    lines = [
        f"[{time}] @{facts[key]}: {text}" if which else f"@{facts[key]}: {text}"
        for time, (key, text) in zip(times, said, strict=True)
    ]
    wrong = slip(chance, facts, {"pr": None, "A": "B", "fix": [flaw[2] for flaw in FLAWS]})
    frames, joiner = (BULLETS, "\n") if bullets else (PROSE, " ")
    reference, prediction = pair(chance, frames, facts, wrong, joiner=joiner)
    dialogue = (head if chance.random() < 0.4 else "") + "\n".join(lines)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}


def equation(chance: random.Random) -> dict[str, str]:
    """Invent a quadratic, linear or calculus problem with a right and a mistaken solution."""
    a, b, c = chance.randint(2, 9), chance.randint(2, 9), chance.randint(1, 9)
    x = chance.choice("xyzt")
    kind = chance.randrange(5)
    if kind == 0:
        task, answer, error = f"{x}^2 - {a + b}{x} + {a * b} = 0", f"{x} \\in \\{{{a}, {b}\\}}", f"{x} = {a * b}"
        rule, flaw = "[factor it|split it into two factors]", "[forgot the second root|found only one root]"
    elif kind == 1:
        task, answer, error = f"{a}{x} + {b} = {a * c + b}", f"{x} = {c}", f"{x} = {a * c + 2 * b}"
        rule, flaw = f"[subtract|take away] ${b}$ first", "[added instead of subtracting|had the sign wrong]"
    elif kind == 2:
        task, answer = f"\\frac{{d}}{{d{x}}} {a}{x}^{b}", f"{a * b}{x}^{{{b - 1}}}"
        error, rule = f"{a}{x}^{{{b - 1}}}", "[use the power rule|bring the exponent down]"
        flaw = "[lost the factor|did not multiply by the exponent]"
    elif kind == 3:
        task, answer = f"\\int_0^{{{c}}} {2 * a}{x}\\,d{x}", f"{a * c * c}"
        error, rule = f"{2 * a * c}", "[find the antiderivative|integrate it]"
        flaw = "[just inserted the bound|plugged in the limit directly]"
    else:
        task, answer = f"\\sqrt{{{a * a * b}}}", f"{a}\\sqrt{{{b}}}"
        error, rule = f"{a * a}\\sqrt{{{b}}}", f"[split off ${a * a}$|take the square out]"
        flaw = "[did not take the root of the square|forgot to take the root]"
    return {"task": task, "answer": answer, "error": error, "rule": rule, "flaw": flaw}


LESSON = """
Tutor: [Ready for the next one?|Let's try something harder.|OK {A}, next problem.] [Solve|Work out|Have a go \
at] ${task}$.
Student: [Um,|I think|Is it|Maybe] ${error}$[?|...|]
?Tutor: [How did you get that?|Show me your steps.|Not quite.]
&Student: [I {flaw}, I guess.|I just guessed.|I did it in my head.]
Tutor: [Careful: you {flaw}.|Almost, but you {flaw}.] [First|Try to|You need to] {rule}.
?Student: [Oh!|Ah, wait.|Right.] [I see.|That makes sense.|Like last week.]
Student: [So|Then] [it is|I get|that gives] ${answer}$[.|!]
Tutor: [Exactly|Perfect|Correct]. [For {day} please do|Homework:|Now practise] exercises {n} to {m} [on page {page}|].
?Student: [That many?|OK.|Can I do them tomorrow?]
"""
LESSON_FRAMES = [
    "[{A} works on ${task}$|The problem is ${task}$|The tutor sets ${task}$|In this lesson, {A} has "
    "to solve ${task}$].",
    "~[{A} first answers ${error}$ and {flaw}|The first attempt, ${error}$, fails because {A} "
    "{flaw}|{A} {flaw} and therefore "
    "gets ${error}$].",
    "?~[The hint is to {rule}|The tutor's advice is to {rule}|It helps to {rule}].",
    "[The result is ${answer}$|Correct answer: ${answer}$|With help, {A} finds ${answer}$].",
    "?[Exercises {n} to {m} are homework|Homework: exercises {n}-{m}|{A} is to do {n} to {m} next].",
]


def tutor_latex(chance: random.Random) -> Row:
    """Tutoring in mathematics, with formulas in LaTeX in dialogues and summaries."""
    facts = equation(chance) | {"A": chance.choice(NAMES), "n": number(chance, 1, 6), "m": number(chance, 7, 14)}
    facts |= {"page": number(chance, 12, 260), "day": chance.choice(("Monday", "Tuesday", "Thursday", "next week"))}
    lines = turns(chance, LESSON, facts)
    wrong = slip(chance, facts, {"answer": None, "error": None, "n": None})
    reference, prediction = pair(chance, LESSON_FRAMES, facts, wrong)
    label = {"Tutor": chance.choice(("Tutor", "Teacher", "T")), "Student": facts["A"]}
    dialogue = "\n".join(f"{label[key]}: {text}" for key, text in lines)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
