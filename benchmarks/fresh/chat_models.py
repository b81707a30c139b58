"""Damage by chat models and their wrappers, and outputs in another language."""

import json
import re

from fresh.rows import (
    TEXTS,
    each,
    hexadecimal,
    lines,
    name_pattern,
    names_in,
    predictions_of,
    put,
    sentences,
    speakers,
    tokens,
    two_speakers,
)

TOPICS = TEXTS["topics"]


def output_in_german(rows, rng):
    """The output is in German, because a translation task prefix or a wrong target language was set."""

    def f(r):
        a, b = two_speakers(r["dialogue"])
        b = "ein Freund" if b == "a friend" else b
        t = rng.choice(TOPICS)
        return rng.choice(
            [
                f"{a} und {b} unterhalten sich \u00fcber {t}. Sie wollen sp\u00e4ter noch einmal "
                f"dar\u00fcber sprechen.",
                f"{a} erz\u00e4hlt, was passiert ist, und fragt nach der Meinung von {b}. Es geht um {t}.",
                f"{a} hat {b} geschrieben. Die beiden sprechen \u00fcber {t} und verabschieden sich dann.",
            ]
        )

    return each(rows, f)


def output_in_chinese(rows, rng):
    """A multilingual model answers in Chinese, as no output language was given or the wrong "
    "language token was forced.
    """

    def f(r):
        a, b = two_speakers(r["dialogue"])
        return rng.choice(
            [
                "%s\u548c%s\u6b63\u5728\u804a\u5929\uff0c\u8ba8\u8bba\u4eca\u5929\u7684\u8ba1\u5212\uff0c\u5e76\u7ea6\u597d\u665a\u4e9b\u65f6\u5019\u518d\u8054\u7cfb\u3002",
                "%s\u544a\u8bc9%s\u4ed6\u7684\u8fd1\u51b5\uff0c\u4e24\u4eba\u51b3\u5b9a\u5468\u672b\u89c1\u9762\u3002",
                "%s\u5411%s\u8be2\u95ee\u4e00\u4ef6\u4e8b\uff0c\u5bf9\u65b9\u8868\u793a\u540c\u610f\u3002",
            ]
        ) % (a, b)

    return each(rows, f)


def chat_preamble(rows, rng):
    """The chat model's introductory phrase ('Sure! Here is a summary') was not removed."""
    opts = TEXTS["chat_preamble"]
    return each(rows, lambda r: rng.choice(opts) + r["prediction"])


def chat_closing_offer(rows, rng):
    """The chat model's closing offer of further help was not removed."""
    opts = TEXTS["chat_closing_offer"]
    return each(rows, lambda r: r["prediction"] + rng.choice(opts))


def chatml_markers(rows, _rng):
    """Chat-template markers (ChatML's <|im_start|>, <|im_end|>) were left in the answer."""
    return each(rows, lambda r: "<|im_start|>assistant\n{}<|im_end|>\n<|endoftext|>".format(r["prediction"]))


def alpaca_headings(rows, _rng):
    """Alpaca-style headings of the instruction prompt (### Instruction, ### Response) are still in the output."""
    return each(
        rows,
        lambda r: "### Instruction:\nWrite a short summary of the dialogue.\n\n### Response:\n{}\n\n### End".format(
            r["prediction"]
        ),
    )


def think_block(rows, rng):
    """The reasoning model's thoughts between <think> tags were not cut off before the answer."""

    def f(r):
        a, b = two_speakers(r["dialogue"])
        return (
            "<think>\nOkay, the user wants me to summarize this chat. Let me see. {} and {} are "
            "talking. {} I should keep it short "
            "and mention only the main point. {}\n</think>\n\n{}".format(
                a,
                b,
                rng.choice(
                    [
                        "The tone is informal.",
                        "First I need to find out who says what.",
                        "There are a few emojis to ignore.",
                    ]
                ),
                rng.choice(
                    [
                        "Let me write it.",
                        "Wait, I should double-check who does what. Yes, that's right.",
                        "That should be enough.",
                    ]
                ),
                r["prediction"],
            )
        )

    return each(rows, f)


def harmony_channels(rows, rng):
    """Channel markers of gpt-oss's Harmony format were stripped only in part, so 'analysis...assistantfinal' is glued
    to the answer.
    """
    mids = TEXTS["harmony_channels"]
    return each(rows, lambda r: "analysis{}assistantfinal{}".format(rng.choice(mids), r["prediction"]))


def model_refusals(rows, rng):
    """The model refused to answer for reasons of safety or privacy and the refusal was saved as the summary."""
    opts = TEXTS["model_refusals"]
    return each(rows, lambda _r: rng.choice(opts))


def api_content_filter(rows, rng):
    """The provider's content filter blocked the requests, and its message was stored in place of the summary."""
    cats = ["hate", "sexual", "violence", "self_harm"]
    return each(
        rows,
        lambda _r: (
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
            "{{'{}': {{'filtered': True, 'severity': '{}'}}}}".format(rng.choice(cats), rng.choice(["medium", "high"]))
        ),
    )


def rate_limit_error(rows, rng):
    """The API's rate-limit error message was caught and saved as though it were the output."""
    return each(
        rows,
        lambda _r: (
            "Error code: 429 - {'error': {'message': 'Rate limit reached for requests. Limit 60 / "
            "min. Please try again in %d.%03ds.', "
            "'type': 'requests', 'code': 'rate_limit_exceeded'}}" % (rng.randint(1, 19), rng.randrange(1000))
        ),
    )


def cuda_oom_text(rows, rng):
    """The GPU ran out of memory and the exception's text was written as the prediction."""
    return each(
        rows,
        lambda _r: (
            "CUDA out of memory. Tried to allocate %d.00 MiB (GPU 0; 15.78 GiB total capacity; "
            "14.%02d GiB already allocated; "
            "%d.19 MiB free)" % (rng.choice([20, 64, 192, 512]), rng.randint(10, 99), rng.randint(3, 90))
        ),
    )


def html_error_page(rows, rng):
    """A proxy or server answered with an HTML error page, and the page was saved as the output."""
    pages = TEXTS["html_error_page"]

    def f(_r):
        t, s = rng.choice(pages)
        return (
            f"<html>\r\n<head><title>{t}</title></head>\r\n<body>\r\n<center><h1>{t}</h1></center>\r\n"
            f"<hr><center>{s}</center>\r\n</body>\r\n</html>"
        )

    return each(rows, f)


def response_object_repr(rows, rng):
    """The API client's whole response object was turned into a string; the message text was never taken out of it."""
    return each(
        rows,
        lambda r: (
            "ChatCompletion(id='chatcmpl-%s', choices=[Choice(finish_reason='stop', index=0, logprobs=None, "
            "message=ChatCompletionMessage(content=%r, role='assistant', function_call=None, "
            "tool_calls=None))], created=17%08d, "
            "model='gpt-4o-mini', object='chat.completion')"
            % (hexadecimal(rng, 16), r["prediction"], rng.randrange(10**8))
        ),
    )


def pipeline_list_of_dict(rows, _rng):
    """The pipeline's result, a list with a dictionary, was written as it is and not its summary_text."""
    return each(rows, lambda r: str([{"summary_text": r["prediction"]}]))


def json_code_fence(rows, _rng):
    """The model was asked for JSON and its answer, in a Markdown code block, was not parsed."""

    def f(r):
        d = {"summary": r["prediction"], "participants": speakers(r["dialogue"])}
        return f"```json\n{json.dumps(d, indent=2)}\n```"

    return each(rows, f)


def raw_sse_stream(rows, _rng):
    """The raw server-sent event stream was saved, so each token sits in its own 'data:' JSON line."""

    def f(r):
        ws = re.findall(r"\s*\S+", r["prediction"])
        return (
            "\n\n".join("data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": w}}]}) for w in ws)
            + "\n\ndata: [DONE]"
        )

    return each(rows, f)


def cumulative_stream_joined(rows, _rng):
    """Streamed partial outputs, each holding all the text so far, were appended to one another."""

    def f(r):
        ws = r["prediction"].split()
        step = max(1, len(ws) // 6)
        cuts = [*list(range(step, len(ws), step)), len(ws)]
        s = "".join(" ".join(ws[:k]) for k in cuts)
        return s if len(cuts) > 1 else r["prediction"] * 2

    return each(rows, f)


def stream_chunks_lost(rows, rng):
    """Chunks of the stream were lost (connection or buffer trouble), so words and word parts are missing all over the
    text.
    """

    def f(r):
        p = r["prediction"]
        chunks = [p[i : i + 4] for i in range(0, len(p), 4)]
        kept = [c for c in chunks if rng.random() > 0.33]
        s = "".join(kept)
        return s if s != p else p[4:]

    return each(rows, f)


def tool_call_text(rows, _rng):
    """The model's function call was saved as text, as nothing executed or parsed the tool call."""
    return each(
        rows,
        lambda r: "<tool_call>\n{}\n</tool_call>".format(
            json.dumps({"name": "save_summary", "arguments": {"text": r["prediction"]}})
        ),
    )


def ollama_verbose_stats(rows, rng):
    """Ollama was run with --verbose and its timing statistics were saved after the answer."""
    return each(
        rows,
        lambda r: (
            "%s\n\ntotal duration:       %d.%06ds\nload duration:        %d.%05dms\nprompt eval count:    %d token(s)\n"
            "eval count:           %d token(s)\neval rate:            %d.%02d tokens/s"
            % (
                r["prediction"],
                rng.randint(1, 6),
                rng.randrange(10**6),
                rng.randint(2, 40),
                rng.randrange(10**5),
                len(r["dialogue"]) // 4 + 20,
                len(r["prediction"]) // 4 + 1,
                rng.randint(20, 90),
                rng.randrange(100),
            )
        ),
    )


def logprobs_inline(rows, rng):
    """The tokens were printed together with their log-probabilities."""
    return each(rows, lambda r: " ".join(f"{t}({-rng.expovariate(2.5):.3f})" for t in tokens(r["prediction"])))


def citation_marks(rows, rng):
    """The wrapper's retrieval feature put source citation marks into the summaries."""

    def f(r):
        return " ".join(
            "%s\u3010%d:%d\u2020source\u3011" % (s, rng.randint(4, 9), rng.randint(0, 19))
            for s in sentences(r["prediction"])
        )

    return each(rows, f)


def service_advert(rows, rng):
    """The free service adds an advertisement line for itself to every output."""
    return each(
        rows,
        lambda r: (
            r["prediction"]
            + rng.choice(
                [
                    "\n\n---\nSummarized with QuickSum Free. Upgrade to Pro for unlimited summaries: https://quicksum.example/pro",
                    "\n\n---\nPowered by FreeLLM API. Need longer texts? Get your key at https://freellm.example",
                ]
            )
        ),
    )


def few_shot_example_leaks(rows, _rng):
    """A few-shot prompt was cut at the wrong 'Summary:' cue, so each prediction begins with the examples from the
    prompt.
    """
    return each(
        rows,
        lambda r: (
            "Greta found the key and will give it to Ivo tonight.\n\nDialogue:\nLena: Which film shall we see?\n"
            "Otto: The short one.\nLena: Me too!!\nSummary: Lena and Otto would like to see "
            "the short film.\n\nDialogue:\n{}\nSummary: {}".format(lines(r["dialogue"])[0] + "\n[...]", r["prediction"])
        ),
    )


def judge_output_saved(rows, rng):
    """The outputs come from an LLM judge that rates summaries, and not from the summarizer."""

    def f(r):
        k = rng.randint(1, 5)
        return "Score: %d/5\nRationale: The summary %s." % (
            k,
            rng.choice(
                [
                    "covers the main point but misses a detail about {}".format(two_speakers(r["dialogue"])[0]),
                    "is fluent and mostly consistent with the dialogue",
                    "is concise but contains a minor factual error",
                    "captures who said what, though it could be shorter",
                ]
            ),
        )

    return each(rows, f)


def markdown_report(rows, _rng):
    """The model used Markdown with a heading, bullets and bold type, and nobody turned it into plain text."""

    def f(r):
        names = name_pattern(names_in(r))
        return "## Summary\n\n" + "\n".join(
            "- " + names.sub(lambda m: f"**{m.group(0)}**", s) for s in sentences(r["prediction"])
        )

    return each(rows, f)


def batch_prompt_numbers(rows, _rng):
    """Several dialogues were sent in one request and the batch answer was split badly, so item numbers and the start
    of the next item are left in.
    """
    ps = predictions_of(rows)
    return put(
        rows,
        [
            "[Dialogue %d] %s\n[Dialogue %d] %s"
            % (i % 10 + 1, p, i % 10 + 2, " ".join(ps[(i + 1) % len(ps)].split()[:3]))
            for i, p in enumerate(ps)
        ],
    )
