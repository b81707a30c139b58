"""Spanish: enquiries at an estate agency as one line; Polish: complaints at a web shop."""

from random import Random

from .common import Row, Slots, column, digits, entry, facts, pick, prose, slip, table, talk, triple, up

BARRIOS = [
    "Lavapiés",
    "Chamberí",
    "Gràcia",
    "Ruzafa",
    "Triana",
    "Malasaña",
    "El Born",
    "Delicias",
    "Nervión",
    "Salamanca",
    "La Latina",
    "Benimaclet",
    "Poblenou",
    "Moncloa",
    "Sants",
    "Retiro",
    "Arganzuela",
    "El Carmen",
    "Usera",
    "Sarrià",
]
DIAS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado"]
NOMBRES = [
    "Lucía Alba",
    "Andrés Molina",
    "Carmen Soto",
    "Javier Ruiz",
    "Nuria Campos",
    "Pablo Herrero",
    "Elena Vidal",
    "Sergio Lozano",
    "Rocío Peña",
    "Iván Cabrera",
    "Marta Gil",
    "Hugo Santana",
    "Alicia Rey",
    "Tomás Ibáñez",
    "Noelia Cruz",
    "Raúl Medina",
    "Inés Pardo",
    "Óscar León",
]
EXTRAS = table("""
que tenga ascensor, porque mi madre va en silla de ruedas ~ <ascensor|con ascensor>
que admitan perros ~ <admite perro|perros permitidos|con perro>
una terraza, aunque sea pequeña ~ <terraza|con terraza>
plaza de garaje ~ <garaje|plaza de garaje>
que esté amueblado ~ amueblado
calefacción central ~ <calefacción central|con calefacción central>
cerca del metro ~ <cerca del metro|metro cerca>
un despacho, trabajo en casa ~ <con despacho|despacho para teletrabajo>
que sea muy luminoso ~ <luminoso|muy luminoso>
que no sea un bajo ~ <no bajo|sin bajos>
cocina independiente ~ cocina <independiente|separada>
dos baños ~ <dos baños|2 baños>
un trastero para las bicis ~ <trastero|con trastero>
piscina comunitaria ~ <piscina|piscina comunitaria>
aire acondicionado ~ <aire acondicionado|con aire>
""")


def inmobiliaria(c: Random) -> Row:
    """Spanish enquiries at an estate agency summarised as one line of facts between middle dots."""
    s: Slots = entry(c, "pide extra", EXTRAS) | {"A": pick(c, NOMBRES)}
    s |= {"B": pick(c, ["Agente", "Inmobiliaria", "Asesora"]), "hora": str(c.randrange(10, 20))}
    s |= {"barrio": pick(c, BARRIOS), "hab": str(c.randrange(2, 5)), "dia": pick(c, DIAS)}
    s |= {"precio": f"{c.randrange(65, 190)}0", "mes": pick(c, ["marzo", "mayo", "julio", "septiembre", "enero", "ya"])}
    s |= {"nom": s["A"].split()[0], "tel": f"6{digits(c, 8)}"}
    visit = c.random() < 0.7
    s["cierre"] = (
        "<Puedo enseñarle uno|Tenemos uno así, lo vemos> el {dia} a las {hora}."
        if visit
        else ("Ahora mismo no tengo nada así, pero <le aviso|le llamo> <en cuanto entre algo|si sale algo>.")
    )
    s["vale"] = "<Perfecto|Vale|Genial>, <allí estaré|gracias>." if visit else "<Vale|De acuerdo>, gracias."
    s["fin"] = "<avisar si sale algo|en lista de espera|avisar>"
    if visit:
        s["fin"] = "<visita|visita el> {dia} <a las {hora}|{hora} h|{hora}:00>"
    s["fecha"] = "<Me urge, lo necesito ya|Lo antes posible>." if s["mes"] == "ya" else "Para entrar en {mes}."
    s["cuando"] = "<urgente|entrada inmediata>" if s["mes"] == "ya" else "<entrada en {mes}|desde {mes}|para {mes}>"
    script = """
        A: <Hola|Buenos días|Buenas>, <busco piso|estoy buscando un piso de alquiler> en {barrio}<|, si puede ser>.
        B: <Hola, {nom}|Encantada de ayudarle|Buenas>. ¿Cuántas habitaciones <necesita|quiere> y qué presupuesto tiene?
        A: {hab} habitaciones, y <como mucho|hasta> {precio} euros al mes. {fecha}
        ?B: <Está difícil la zona|A ese precio hay poco, pero algo hay>.
        +A: <Ya me imagino|Me lo dicen todos>.
        B: <¿Algo más que sea importante?|¿Alguna condición?>
        A: <Sí|Pues sí>, {pide}.
        B: {cierre}
        A: {vale} <Mi móvil es el {tel}.|>
    """
    notes = [
        "<{barrio}|piso en {barrio}|alquiler en {barrio}>",
        "<{hab} hab.|{hab} habitaciones>",
        "<hasta|máx.> {precio} €<|/mes>",
        "?{cuando}",
        "?{extra}",
        "{fin}",
    ]
    pools = {"barrio": BARRIOS, "hab": ["2", "3"], "precio": ["800", "950"], "dia": DIAS, "extra": column(EXTRAS, 1)}
    ref, pred = facts(c, s, notes, mix=0.15), facts(c, slip(c, s, pools), notes, miss=0.08, mix=0.15)
    return triple(talk(c, s, script), up(" · ".join(ref)), up(" · ".join(pred)))


REKLAMACJE = table("""
buty są o numer za małe ~ <za małe buty|zbyt małe buty> ~ wymienić je na większe
    ~ wymianę na <większy rozmiar|większe>
kubek przyszedł stłuczony ~ <stłuczony kubek|rozbity kubek> ~ wysłać nowy ~ wysyłkę nowego <kubka|egzemplarza>
kurtka ma zepsuty zamek ~ <zepsuty zamek w kurtce|kurtkę z zepsutym zamkiem> ~ naprawić ją bezpłatnie
    ~ <bezpłatną naprawę|naprawę bez opłat>
brakuje jednej książki w paczce ~ <brak jednej książki|brak książki w paczce> ~ dosłać ją jutro
    ~ <dosłanie książki|dosłanie brakującej książki>
słuchawki nie ładują się ~ <nieładujące się słuchawki|słuchawki, które się nie ładują> ~ przyjąć je do serwisu
    ~ <serwis|oddanie do serwisu>
kolor zasłon jest inny niż na zdjęciu ~ <zły kolor zasłon|inny kolor zasłon niż na zdjęciu> ~ przyjąć zwrot
    ~ <zwrot|zwrot towaru>
dostałam cudze zamówienie ~ <pomyloną paczkę|otrzymanie cudzego zamówienia> ~ odebrać paczkę kurierem
    ~ odbiór <paczki|pomyłki> przez kuriera
rower ma krzywe koło ~ <krzywe koło w rowerze|rower z krzywym kołem> ~ wysłać nowe koło ~ wysyłkę <nowego koła|koła>
kod rabatowy nie zadziałał ~ <niedziałający kod rabatowy|problem z kodem rabatowym> ~ zwrócić różnicę
    ~ zwrot <różnicy|różnicy w cenie>
lampa brzęczy i mruga ~ <brzęczącą lampę|lampę, która brzęczy i mruga> ~ wymienić ją ~ <wymianę|wymianę lampy>
stół jest porysowany ~ <porysowany stół|rysy na stole> ~ obniżyć cenę o jedną piątą
    ~ <obniżkę o 20%|obniżenie ceny o 20%>
kawa jest po terminie ~ <kawę po terminie|przeterminowaną kawę> ~ oddać pieniądze ~ zwrot <pieniędzy|kosztów>
paczka stoi od tygodnia w magazynie ~ <opóźnioną paczkę|opóźnienie paczki o tydzień> ~ wysłać ją jeszcze raz
    ~ <ponowną wysyłkę|kolejną wysyłkę>
ekran tabletu ma martwe piksele ~ <martwe piksele na ekranie|tablet z martwymi pikselami> ~ wymienić tablet
    ~ wymianę <tabletu|sprzętu>
namiot przecieka ~ <przeciekający namiot|namiot, który przecieka> ~ przyjąć reklamację
    ~ <rozpatrzenie reklamacji|przyjęcie reklamacji>
""")


def reklamacje(c: Random) -> Row:
    """Polish chats with a web shop summarised in the present tense, from the customer's wish to the outcome."""
    s: Slots = entry(c, "mowa temat czyn oferta", REKLAMACJE)
    woman = c.random() < 0.5 or "dostałam" in s["mowa"]
    s |= {"kto": "klientka" if woman else "klient", "pan": "pani" if woman else "pan", "nr": digits(c, 6)}
    s |= {"A": pick(c, ["Klientka"] if woman else ["Klient"]), "B": pick(c, ["Sklep", "Konsultant", "Obsługa"])}
    s |= {"dni": str(c.randrange(2, 15)), "kwota": f"{c.randrange(29, 600)}"}
    s["zam"] = "Zamówiłam" if woman else "Zamówiłem"
    s["zgoda"] = pick(c, ["zgadza się", "zgadza się", "prosi o czas do namysłu", "woli zwrot pieniędzy"])
    s["odp"] = {
        "zgadza się": "<Dobrze|Zgoda|Może być>, dziękuję.",
        "prosi o czas do namysłu": "Muszę to jeszcze przemyśleć.",
        "woli zwrot pieniędzy": "<Szczerze mówiąc wolę|Nie, wolę> zwrot pieniędzy.",
    }[s["zgoda"]]
    s["zg"] = {
        "zgadza się": "<zgadza się|przyjmuje propozycję>",
        "prosi o czas do namysłu": "<chce się zastanowić|prosi o czas>",
        "woli zwrot pieniędzy": "woli <zwrot pieniędzy|odzyskać pieniądze>",
    }[s["zgoda"]]
    script = """
        A: <Dzień dobry|Witam>, <mam problem z zamówieniem|chodzi o zamówienie> {nr}: {mowa}.
        B: <Dzień dobry|Witam>, <bardzo przepraszamy|przykro nam>. Kiedy <dotarła paczka|to było zamówione>?
        A: <Około {dni} dni temu|{zam} to {dni} dni temu>, zapłata <{kwota} zł|to było {kwota} zł>.
        ?B: Czy może {pan} przesłać zdjęcie?
        +A: <Już wysyłam|Proszę, w załączniku>.
        B: <Możemy|Proponujemy, że możemy> {czyn}. Potrwa to <około|do> {dni} dni.
        A: {odp}
        ?B: <Rozumiem|Oczywiście>, <zapisuję|odnotowałem to>. <Miłego dnia|Pozdrawiam>!
    """.replace("Proponujemy, że możemy", "Sprawdziłem, możemy")
    notes = [
        "<{kto} zgłasza {temat}|{kto} reklamuje {temat}> (<zamówienie {nr}|nr {nr}|nr zamówienia {nr}>)".replace(
            "reklamuje {temat}", "zgłasza <w zamówieniu |>{temat}"
        ),
        "?<wartość zamówienia|kwota>: {kwota} zł",
        "<sklep|obsługa|konsultant> proponuje {oferta}<| w ciągu {dni} dni>",
        "{kto} {zg}",
    ]
    pools = {"nr": [digits(c, 6)], "oferta": column(REKLAMACJE, 3), "kwota": [digits(c, 3)], "zg": ["zgadza się"]}
    wrong = slip(c, s, pools)
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.06)))
