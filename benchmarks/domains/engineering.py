"""Software teams: incident post-mortems from a timestamped channel, and pull-request threads with code in backticks."""

from random import Random

from .common import Row, cast, column, digits, entry, facts, listed, pick, slip, table, talk, triple

OUTAGES = table("""
payments-api ~ 502s on checkout ~ <checkout returned|customers got> 502 errors ~ the connection pool is exhausted
    ~ connection pool <exhausted|ran out> after <a traffic spike|the sale started> ~ raised max_connections to 400
    ~ `max_connections` <raised|increased> to 400
search ~ search returns nothing ~ <searches came back empty|no search results>
    ~ the index alias points to an empty index ~ alias <pointed to|was set to> an empty index
    ~ switched the alias back ~ alias <switched back|restored>
auth ~ users can't sign in ~ <sign-in failed|users could not sign in> ~ the signing key was rotated but not deployed
    ~ rotated key <not deployed|missing on two nodes> ~ redeployed with the new key
    ~ <redeploy|redeployed> with the new key
mailer ~ password mails arrive hours late ~ <password mails delayed|late password mails>
    ~ one worker is stuck on a huge attachment ~ worker <stuck|blocked> by a huge attachment
    ~ killed the job and added a size limit ~ job killed, size limit <added|introduced>
image-proxy ~ product pictures are broken ~ <broken product pictures|product images did not load> ~ the disk is full
    ~ disk <full|filled up> with old thumbnails ~ purged the cache ~ cache <purged|emptied>
orders-db ~ orders are saved twice ~ <duplicate orders|orders saved twice> ~ the retry has no idempotency key
    ~ retries <without|lacked> an idempotency key ~ rolled back to the previous build
    ~ <rollback|rolled back> to the previous build
gateway ~ TLS errors from partners ~ partners <saw|got> TLS errors ~ the certificate expired last night
    ~ certificate <expired|had expired> ~ renewed the certificate ~ certificate <renewed|replaced>
reports ~ the nightly report is missing ~ nightly report <missing|not delivered>
    ~ the cron ran in UTC after the clock change ~ cron <ran in UTC|shifted> after the clock change
    ~ pinned the time zone ~ time zone <pinned|set explicitly>
webhooks ~ webhooks are piling up ~ webhook <backlog|queue piled up> ~ a customer endpoint answers in 30 seconds
    ~ slow customer endpoint <blocked the queue|held up all others> ~ moved it to its own queue
    ~ endpoint <moved to|isolated in> its own queue
cart ~ carts get emptied on refresh ~ carts <emptied|lost> on refresh ~ redis evicts keys
    ~ redis <evicted keys|ran out of memory> ~ doubled the memory ~ memory <doubled|raised>
dns ~ half of the requests time out ~ half of requests <timed out|failed> ~ one resolver has a stale record
    ~ stale record on <one|a> resolver ~ flushed the resolver ~ resolver <flushed|restarted>
feature-flags ~ everyone sees the beta menu ~ beta menu <shown to everyone|visible for all>
    ~ the flag defaults to true ~ flag <defaulted to true|had the wrong default> ~ turned the flag off
    ~ flag <turned off|disabled>
""")


def postmortem(c: Random) -> Row:
    """Incident channels with timestamps, summarised as a post-mortem with headed lines, ids and a link."""
    s = {**cast(c, "ABC"), **entry(c, "svc sym impact why cause did fix", OUTAGES)}
    s |= {"inc": f"INC-{digits(c, 4)}", "dur": str(c.randrange(9, 140)), "pct": str(c.randrange(2, 60))}
    s |= {"dash": f"https://status.example.com/i/{digits(c, 4)}", "sev": pick(c, ["SEV1", "SEV2", "SEV2", "SEV3"])}
    s["next"] = pick(c, ["add an alert", "write a runbook", "add a test to CI", "review the on-call rota"])
    clock = [c.randrange(60, 1200)]

    def stamp() -> str:
        clock[0] += c.randrange(1, 9)
        return f"[{clock[0] // 60:02d}:{clock[0] % 60:02d}] "

    start = clock[0] + 3
    script = """
        A: <alert on {svc}|{svc} is paging>, {sym}
        B: <looking|on it|ack>. <opened|tracking as> {inc}, {sev}
        ?C: <support has ten tickets already|seeing it too from the EU|numbers? i need to tell the customers>
        A: <about|roughly> {pct}% of requests are affected, {dash}
        ?B: <anything deployed today?|who shipped last?>
        +C: <not from us|nothing since noon>
        B: found it, {why}
        B: <I {did}|just {did}>
        A: <graphs recover|errors are gone|back to normal>, <total|so> {dur} minutes
        C: <follow-up|for the retro|next>: {B}, please {next}
        ?B: <will do|noted|ok>
    """
    parts = [
        "**{inc}** <({sev}) – {svc}|{svc}|{sev}: {impact}>",
        "**Impact:** {impact}<, {pct}% of requests| for {pct}% of requests||> <for {dur} min|({dur} minutes)|>",
        "**Root cause:** {cause}",
        "**Fix:** {fix} <by {B}|({B})|>",
        "?**Follow-up:** <{B} to |{B}: |>{next}",
        "?**Detected by:** {A}<, alert on {svc}|>",
        "?**Status page:** {dash}",
        f"?**Timeline:** from {start // 60:02d}:{start % 60:02d}<| on, {{dur}} minutes>",
    ]
    wrong = slip(c, s, {"B": [s["A"], s["C"]], "dur": [digits(c, 2)], "sev": ["SEV1", "SEV2"], "pct": [digits(c, 2)]})
    return triple(talk(c, s, script, stamp), "\n".join(facts(c, s, parts)), "\n".join(facts(c, wrong, parts)))


CHANGES = table("""
`parse_date` returns None for ISO weeks ~ makes `parse_date` <accept|handle> ISO weeks ~ rename the flag to `strict`
    ~ flag renamed to `strict`
the retry loop never sleeps ~ adds a <back-off|pause> to the retry loop ~ use jitter ~ jitter <added|to be added>
`UserList` re-renders on every key press ~ memoises `UserList` to <avoid|stop> re-renders
    ~ measure it with the profiler first ~ profiler numbers <requested|asked for>
config is read in three places ~ moves config <reading|loading> into `settings.py` ~ keep the old env names
    ~ old env names <stay|kept>
the CSV reader eats the last column ~ stops the CSV reader <dropping|losing> the last column
    ~ add a test with a trailing comma ~ test for a trailing comma <added|requested>
we log full card numbers ~ masks card numbers in <logs|the logs> ~ mask the e-mail too
    ~ e-mail <masked too|to be masked as well>
the Docker image is 2 GB ~ shrinks the Docker image with a <multi-stage|two-stage> build ~ pin the base image
    ~ base image <pinned|to be pinned>
`npm test` needs the network ~ <mocks|stubs> the network in `npm test` ~ keep one real test behind a flag
    ~ one real test <kept|left> behind a flag
the query has an N+1 ~ replaces the N+1 query with <a join|`select_related`> ~ check the plan on staging
    ~ plan <checked|to be checked> on staging
dark mode forgets its state ~ <stores|saves> dark mode in `localStorage` ~ respect the system setting by default
    ~ system setting <as default|respected by default>
`sum()` overflows on int32 ~ uses int64 in `sum()` to <avoid|prevent> overflow ~ document the change
    ~ change <documented|to be documented>
the lock is never released on errors ~ releases the lock <on errors|in `finally`> ~ use a context manager instead
    ~ context manager <preferred|used instead>
the linter ignores `scripts/` ~ <turns on|enables> the linter for `scripts/` ~ fix warnings in a second PR
    ~ warnings <left for|moved to> a second PR
uploads over 1 GB time out ~ <splits|chunks> uploads over 1 GB ~ resume after a failed chunk
    ~ resuming failed chunks <requested|added>
the docs still show v1 ~ updates the docs <to|for> v2 ~ keep a redirect ~ redirect <kept|added>
""")


def pull_requests(c: Random) -> Row:
    """Pull-request threads summarised in Markdown bullets with code spans, numbers and a final verdict."""
    s = {**cast(c, "AB"), **entry(c, "bug change ask asked", CHANGES)}
    s |= {"A": s["A"].lower() + pick(c, ["", "-dev", digits(c, 2)]), "B": s["B"].lower() + s["Blast"][0].lower()}
    s |= {"is": "#" + digits(c, 3), "ver": f"{c.randrange(1, 9)}.{c.randrange(0, 20)}"}
    s["end"] = pick(c, ["merged", "merged", "approved", "needs work", "closed"])
    s["endsay"] = {
        "merged": "<LGTM, merging|thanks, merged|squashed and merged>",
        "approved": "<approved|LGTM>, merge when CI is green",
        "needs work": "<please push|waiting for> that, then I'll look again",
        "closed": "<let's close this|closing> for now, the rewrite will cover it",
    }[s["end"]]
    script = """
        A: {bug}, <see|reported in> {is}. <This PR|The patch> {change}.
        ?B: <nice catch|thanks for this|oh, that explains a lot>!
        B: <could you|can we|I'd prefer if we> {ask}<?|, please?>
        A: <sure|good point|makes sense|hm, ok>, <pushed|will do|on it>.
        ?B: <CI fails on windows|one nit: typo in the changelog|is this breaking>?
        +A: <unrelated, I think|fixed|no>.
        B: <target is|this goes into|for> {ver}. {endsay}.
    """
    parts = [
        "<PR by `{A}` |this PR |`{A}` >{change} (<fixes {is}|{is}>)",
        "?<background|problem>: {bug}",
        "?<@{B}|{B}|reviewer {B}>: {asked}",
        "?<target|release|planned for>: `{ver}`",
        "**{^end}**",
    ]
    pools = {"B": [s["A"]], "end": ["merged", "approved"], "is": ["#" + digits(c, 3)], "asked": column(CHANGES, 3)}
    wrong = slip(c, s, pools)
    return triple(talk(c, s, script), listed(facts(c, s, parts)), listed(facts(c, wrong, parts, miss=0.1)))
