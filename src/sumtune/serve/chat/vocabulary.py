"""Vocabulary of requests for a summary, by language."""

from dataclasses import dataclass
from functools import cached_property

__all__ = ["CJK", "VOCABULARIES", "Vocabulary"]


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, in lower case and separated by spaces."""

    verbs: str
    """Verbs that ask for a summary on their own."""
    nouns: str
    """Nouns for a summary."""
    asking: str
    """Words that ask for a summary together with such a noun."""
    conversation: str
    """Nouns for a conversation."""
    style: str
    """Words that describe the form of the summary."""
    fillers: str
    """Words without a meaning of their own."""

    @cached_property
    def verb(self) -> frozenset[str]:
        """The verbs; "summarize" also stands for all separable verbs, such as "sum up"."""
        return frozenset(f"summarize {self.verbs}".split())

    @cached_property
    def summary(self) -> frozenset[str]:
        """Verbs and nouns for a summary. Every request has one of them."""
        return self.verb | frozenset(f"tldr recap {self.nouns}".split())

    @cached_property
    def asks(self) -> frozenset[str]:
        """Words that ask. Every request followed by a dialogue has one of them."""
        return self.verb | frozenset(self.asking.split())

    @cached_property
    def topic(self) -> frozenset[str]:
        """Words for the conversation."""
        return frozenset(f"chat {self.conversation}".split())

    @cached_property
    def content(self) -> frozenset[str]:
        """Content words. They show that a sentence belongs to a request."""
        return self.summary | self.topic | frozenset(self.style.split())

    @cached_property
    def known(self) -> frozenset[str]:
        """All words that a request may have."""
        return self.content | self.asks | frozenset(f"ok {self.fillers}".split())


ENGLISH = Vocabulary(
    verbs="summarise summarizing summarising condense",
    nouns="summary summaries synopsis gist overview",
    asking="please give write create provide generate make produce need want like can could would following below",
    conversation="conversation conversations dialogue dialog discussion thread exchange transcript messages",
    style="short brief briefly concise concisely sentence sentences word words line lines bullet bullets point points "
    "paragraph",
    fillers="a an the this that these those it us our we me my you your i d s is are be of for in to with as at most "
    "no more than one two three four five and now then okay hello hi hey here everything all so far up above entire "
    "whole previous given english helpful assistant task keep use what who happened was said",
)
GERMAN = Vocabulary(
    verbs="zusammenfassen zusammenfasst",
    nouns="zusammenfassung kurzfassung überblick",
    asking="bitte gib schreibe schreib erstelle mach kannst könntest folgende folgenden folgendes",
    conversation="gespräch gesprächs unterhaltung dialog chats verlauf chatverlauf gesprächsverlauf diskussion",
    style="kurz kurze knapp knappe satz sätzen sätze stichpunkten worten",
    fillers="die das der den des dem diesen dieses diese dies ein eine einen eines unser unsere unseres unserer uns "
    "mir mich zusammen oben obige obigen bisher bisherige bisherigen alles es du sie von vom in im mit zwei drei und "
    "hier ist hallo jetzt",
)
FRENCH = Vocabulary(
    verbs="résume résumer résumez",
    nouns="résumé synthèse",
    asking="donne rédige écris fais peux pouvez veuillez suivante suivant plaît",
    conversation="conversation discussion échange dialogue",
    style="bref brève brièvement court phrase phrases",
    fillers="la le les l d s cette ce ces un une de du des notre nous moi tu te il vous en ci dessus précédente voici "
    "tout deux trois bonjour",
)
SPANISH = Vocabulary(
    verbs="resume resumir resuma resumas resúmeme",
    nouns="resumen síntesis",
    asking="favor da dame escribe haz puedes siguiente crea",
    conversation="conversación diálogo charla",
    style="breve brevemente frase frases corto",
    fillers="por el la los las esta este esto un una nuestra nuestro nos me anterior de del en lo todo arriba aquí "
    "está dos tres hola",
)
ITALIAN = Vocabulary(
    verbs="riassumi riassumere riassumete riassumimi",
    nouns="riassunto sintesi",
    asking="dammi scrivi fai puoi seguente favore",
    conversation="conversazione discussione dialogo",
    style="breve brevemente frase frasi",
    fillers="per il lo gli la le questa questo nostra nostro una un di della del dei ci sopra precedente tutto in ecco "
    "due tre ciao",
)
DUTCH = Vocabulary(
    verbs="samenvatten",
    nouns="samenvatting",
    asking="geef schrijf maak kun kunt alstublieft graag volgende",
    conversation="gesprek dialoog discussie",
    style="kort korte zin zinnen",
    fillers="het de dit deze ons onze je u mij samen van een in bovenstaande alles hier twee drie hallo",
)
POLISH = Vocabulary(
    verbs="podsumuj podsumować streść streścić",
    nouns="podsumowanie streszczenie",
    asking="proszę napisz zrób możesz następującą następującej poniższą",
    conversation="rozmowę rozmowy rozmowa dialog czat",
    style="krótko krótkie zdaniu zdaniach",
    fillers="tę tej tego tą naszą naszej nam powyższą powyższej to w z jednym dwóch trzech całą cześć",
)
TURKISH = Vocabulary(
    verbs="özetle özetler özetleyin özetleyebilir",
    nouns="özet özeti özetini",
    asking="lütfen yaz ver yap aşağıdaki",
    conversation="konuşmayı konuşmamızı konuşmanın sohbeti sohbetin sohbetimizi diyaloğu",
    style="kısa kısaca cümle cümlede cümleyle",
    fillers="bu bizim şu yukarıdaki bir iki üç içinde olarak misin misiniz bana merhaba",
)
HINDI = Vocabulary(
    verbs="सारांशित",
    nouns="सारांश",
    asking="कृपया लिखें लिखो दें दीजिए निम्नलिखित करें कीजिए",
    conversation="बातचीत संवाद वार्तालाप",
    style="संक्षिप्त वाक्य",
    fillers="इस इसका हमारी हमारे हमारा यह का की के एक दो तीन में ऊपर मुझे को उपरोक्त",
)
CHINESE = Vocabulary(
    verbs="总结 概括 归纳 總結",
    nouns="摘要 小结",
    asking="请 請 帮我 写 以下 下面",
    conversation="对话 對話 聊天记录 聊天 谈话",
    style="简短 一句话",
    fillers="你 您 我们 我們 我 的 这段 這段 这个 這個 上面 以上 一下 内容 內容 用 一个 一段 中文 把 对 對 将 下 上",
)
JAPANESE = Vocabulary(
    verbs="要約して 要約 まとめて",
    nouns="まとめ",
    asking="ください 次の 以下の 書いて",
    conversation="会話 対話 チャット",
    style="簡潔に 一文で 短く",
    fillers="この 私たち 私たちの の を に で これ これまでの 上 上記 上記の 内容 お願いします",
)
VOCABULARIES = (
    ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, POLISH, TURKISH, HINDI, CHINESE, JAPANESE,
)  # fmt: skip
CJK = CHINESE.known | JAPANESE.known
"""Words of the languages written without spaces, and a few English ones."""
