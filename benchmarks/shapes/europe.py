"""Turkish hotel calls with HTML, and one file of English, German and French rows."""

import random

from .common import CITIES, NAMES, Row, clock, number, pair, record, records, slip, turns, values

STAYS = records("""
deniz manzaralı oda @ klima çalışmıyor @ [Klima bozuk|Klima çalışmıyor] @ teknik servis @ [Teknik ekip \
gelecek|Tamir edilecek]
aile odası @ bebek yatağı yok @ [Bebek yatağı eksik|Bebek yatağı isteniyor] @ ek yatak @ [Yatak odaya \
konacak|Ek yatak verilecek]
tek kişilik oda @ sokak çok gürültülü @ [Gürültü şikâyeti|Oda gürültülü] @ arka cephe @ [Arka odaya \
geçilecek|Oda değişecek]
balayı süiti @ çiçekler gelmedi @ [Çiçekler eksik|Süsleme yapılmamış] @ meyve sepeti @ [Meyve ikram \
edilecek|Telafi: meyve sepeti]
bahçe katı @ içeride karıncalar var @ [Odada karınca var|Böcek şikâyeti] @ ilaçlama @ [İlaçlama yapılacak|Oda \
ilaçlanacak]
çift kişilik oda @ iki ayrı yatak konmuş @ [Yatak tipi yanlış|Yataklar ayrı] @ büyük yatak @ [Yatak \
birleştirilecek|Büyük yatak konacak]
teras katı @ jakuzi soğuk @ [Jakuzi ısınmıyor|Su soğuk] @ ısıtıcı kontrolü @ [Isıtıcıya bakılacak|Isıtıcı \
kontrol edilecek]
ekonomik oda @ havlu bırakılmamış @ [Havlu yok|Havlu eksik] @ kat hizmeti @ [Havlu getirilecek|Kat görevlisi gelecek]
kral dairesi @ internet kopuyor @ [İnternet yavaş|Bağlantı kopuyor] @ yeni şifre @ [Yeni şifre verilecek|Şifre \
değişecek]
engelli odası @ rampa kapalı @ [Rampa kullanılamıyor|Rampa kapalı] @ görevli desteği @ [Görevli yardım \
edecek|Rampa açılacak]
üç kişilik oda @ fatura fazla çıkmış @ [Fatura yanlış|Fazla ücret alınmış] @ iade @ [Fark iade edilecek|Para \
geri verilecek]
dağ evi @ şömine duman yapıyor @ [Şömine tütüyor|Duman şikâyeti] @ baca temizliği @ [Baca temizlenecek|Usta çağrılacak]
butik oda @ kahvaltı çok geç geldi @ [Kahvaltı gecikti|Servis yavaş] @ ücretsiz yemek @ [Akşam yemeği \
ikram|Yemek ücretsiz]
köşe odası @ kasa açılmıyor @ [Kasa kilitli kaldı|Kasa arızalı] @ güvenlik @ [Güvenlik açacak|Kasa sıfırlanacak]
havuz başı odası @ perde kopmuş @ [Perde kopuk|Perde yerinde değil] @ yeni perde @ [Perde takılacak|Perde değişecek]
""")
GUESTS = values("""
Ayşe Demir; Mehmet Kaya; Zeynep Arslan; Emre Şahin; Elif Koç; Burak Aydın; Fatma Öz; Can Yıldız; Derya Polat; \
Hakan Çelik
Selin Aksoy; Murat Güneş; Nur Tekin; Okan Bulut; Pınar Erdem; Serkan Taş; Tuğba Işık; Ufuk Kurt; Yasemin Uçar; Kerem Bal
""")
HOTEL = """
Resepsiyon: [İyi günler|Merhaba|Buyurun], [Lale Otel|resepsiyon], [nasıl yardımcı olabilirim|sizi dinliyorum]?
Misafir: [Merhaba|İyi akşamlar], [ben {A}|adım {A}], {room} numara. [Kaldığımız {kind}|Bizim {kind}] [hakkında \
arıyorum|için \
arıyorum]: {bad}.
?Resepsiyon: [Çok üzgünüm|Özür dileriz|Kusura bakmayın].
?Resepsiyon: [Ne zamandan beri|Dün de böyle miydi]?
&Misafir: [Dün geceden beri|Evet, aynen böyleydi].
Resepsiyon: [Hemen|Size] {fix} [ayarlıyorum|sağlıyoruz], [en geç|yaklaşık] {t}. [Uygun mu?|Olur mu?|]
?Misafir: [Daha erken olmaz mı|Ücreti var mı]?
&Resepsiyon: [Maalesef, yoğunuz|Hayır, ücretsiz].
Misafir: [Peki|Tamam|Olur], teşekkürler. [Bir de|Ayrıca] {nights} gece [daha kalmak istiyoruz|uzatmak istiyoruz].
Resepsiyon: [Elbette|Tabii], not [aldım|ediyorum].
"""
HOTEL_FRAMES = [
    "[<h3>{A}, oda {room}</h3>|<h3>Oda {room}: {A}</h3>|<h3>{A} ({room})</h3>]",
    "<ul>",
    "~<li>[{bad_long}|Sorun: {bad_long}|Şikâyet: {bad_long} ({kind})|{kind}: {bad_long}]</li>",
    "~<li>[{fix_long}|Çözüm: {fix_long}|{fix_long}, saat {t}|Saat {t}: {fix_long}]</li>",
    "?~<li>[{nights} gece uzatma|Konaklama {nights} gece uzatılacak|{nights} gece daha kalmak istiyor]</li>",
    "</ul>",
]


def turkish_hotel(chance: random.Random) -> Row:
    """Turkish calls to a hotel, whose summaries are pieces of HTML."""
    facts = record(chance, STAYS, "kind bad bad_long fix fix_long") | {"A": chance.choice(GUESTS)}
    facts |= {"room": number(chance, 101, 899), "nights": number(chance, 1, 9), "t": clock(chance, 9, 21)}
    lines = turns(chance, HOTEL, facts)
    wrong = slip(chance, facts, {"room": None, "nights": None, "fix_long": [row[4] for row in STAYS]})
    reference, prediction = pair(chance, HOTEL_FRAMES, facts, wrong, joiner="", caps=False)
    return {
        "dialogue": "\n".join(f"{who}: {text}" for who, text in lines),
        "reference": reference,
        "prediction": prediction,
    }


TRIPS = {
    "en": records("""
the rental flat @ the heating is broken @ [call the landlord|ring the owner]
the hiking trip @ a storm is coming @ [wait a day|leave a day later]
the art class @ the teacher moved away @ [find another teacher|look for someone new]
the car pool @ the car is in the garage @ [take the bus|go by bus]
the band rehearsal @ the cellar is flooded @ [rehearse in the school|use a classroom]
the charity run @ the shirts have not arrived @ [print new ones|run without shirts]
the dinner party @ two guests are vegan @ [cook a curry|make a vegan curry]
the garden fence @ the wood is rotten @ [buy metal posts|use metal instead]
the cinema night @ the film is sold out @ [see a comedy|pick another film]
the wedding gift @ the shop is closing @ [order online|buy it on the web]
the dog sitter @ she broke her arm @ [ask the neighbours|leave the dog next door]
the piano delivery @ the stairs are too narrow @ [hire a crane|lift it with a crane]
the camping weekend @ the site is full @ [try the lake|camp by the lake]
the tax form @ a receipt is missing @ [ask for a copy|request a duplicate]
the book stall @ the table collapsed @ [borrow one from the club|use the club's table]
"""),
    "de": records("""
die Ferienwohnung @ die Heizung ist kaputt @ [den Vermieter anrufen|mit dem Vermieter sprechen]
die Wanderung @ ein Gewitter zieht auf @ [einen Tag warten|am nächsten Tag losgehen]
der Malkurs @ die Lehrerin ist weggezogen @ [eine neue Lehrerin suchen|jemand anderen suchen]
die Fahrgemeinschaft @ das Auto ist in der Werkstatt @ [den Bus nehmen|mit dem Bus fahren]
die Bandprobe @ der Keller steht unter Wasser @ [in der Schule proben|in ein Klassenzimmer ausweichen]
der Spendenlauf @ die Trikots fehlen noch @ [neue drucken lassen|ohne Trikots laufen]
das Abendessen @ zwei Gäste essen vegan @ [ein Curry kochen|etwas Veganes kochen]
der Gartenzaun @ das Holz ist morsch @ [Metallpfosten kaufen|Metall statt Holz nehmen]
das Sommerfest @ der Grillmeister ist krank @ [Pizza bestellen|einen Pizzadienst beauftragen]
die Steuererklärung @ ein Beleg fehlt @ [eine Kopie anfordern|um ein Duplikat bitten]
der Chorausflug @ die Fähre fällt aus @ [außen herum fahren|die Brücke nehmen]
die Hundebetreuung @ die Nachbarin verreist @ [eine Pension suchen|den Hund in Pflege geben]
das Klavier @ die Treppe ist zu eng @ [einen Kran mieten|es mit dem Kran heben]
der Kleingarten @ die Pumpe ist undicht @ [eine neue Pumpe kaufen|die Pumpe ersetzen]
die Lesung @ der Saal ist belegt @ [ins Café umziehen|im Café lesen]
"""),
    "fr": records("""
la location @ le chauffage est en panne @ [appeler le propriétaire|téléphoner au propriétaire]
la randonnée @ un orage arrive @ [attendre un jour|partir le lendemain]
le cours de peinture @ la prof a déménagé @ [chercher une autre prof|trouver quelqu'un d'autre]
le covoiturage @ la voiture est au garage @ [prendre le bus|y aller en bus]
la répétition @ la cave est inondée @ [répéter à l'école|utiliser une salle de classe]
la course solidaire @ les maillots ne sont pas arrivés @ [en imprimer d'autres|courir sans maillots]
le dîner @ deux invités sont végétaliens @ [faire un curry|cuisiner un curry]
la clôture du jardin @ le bois est pourri @ [acheter des poteaux en métal|prendre du métal]
la fête du quartier @ la sono est cassée @ [louer des enceintes|emprunter une sono]
le pique-nique @ le parc est fermé @ [aller à la plage|choisir la plage]
le cadeau de Mamie @ la boutique a fermé @ [commander en ligne|acheter sur internet]
la pièce de théâtre @ un acteur est malade @ [trouver un remplaçant|répartir son texte]
le marché de Noël @ le stand est trop petit @ [demander un autre stand|ajouter une table]
le voyage scolaire @ le car est en grève @ [partir en train|réserver le train]
la chorale @ les partitions sont perdues @ [refaire des copies|les imprimer de nouveau]
"""),
}
TALKS = {
    "en": """
A: [Hi|Hey] {B}, [about|a word on] {topic} in {city}: {bad}.
B: [Oh no!|Again?|Seriously?] [What now|And now]?
?A: [No idea|I was hoping you knew].
B: [We could|Let's|I'd say we] {fix}. [That's about|It costs] {sum} euros.
?C: [I can pay half|I have a voucher|Count me in].
A: [Good|OK]. [Then|So] {day} at {t}. [{C} is coming too|{C} will be there].
""",
    "de": """
A: [Hallo|Hi] {B}, [wegen|kurz zu]: {topic} in {city}. [Leider:|Also,] {bad}.
B: [Oh nein!|Schon wieder?|Im Ernst?] [Und jetzt|Was nun]?
?A: [Keine Ahnung|Ich weiß es nicht].
B: [Wir könnten|Wir sollten|Lass uns] {fix}. [Das kostet|Das macht] etwa {sum} Euro.
?C: [Ich zahle die Hälfte|Ich habe einen Gutschein|Bin dabei].
A: [Gut|Okay]. [Dann|Also] {day} um {t}. [{C} kommt auch|{C} ist dabei].
""",
    "fr": """
A: [Salut|Bonjour] {B}, [un mot sur|à propos de] {topic} à {city} : {bad}.
B: [Oh non !|Encore ?|Sérieux ?] [On fait quoi|Et maintenant] ?
?A: [Aucune idée|Je ne sais pas].
B: [On pourrait|Je propose de|Il faut] {fix}. [Ça coûte|Ça fait] environ {sum} euros.
?C: [Je paie la moitié|J'ai un bon d'achat|Je suis partant].
A: [Bien|D'accord]. [Alors|Donc] {day} à {t}. [{C} vient aussi|{C} sera là].
""",
}
WEEK = {
    "en": values("Monday; Tuesday; Wednesday; Thursday; Friday; Saturday; Sunday"),
    "de": values("am Montag; am Dienstag; am Mittwoch; am Donnerstag; am Freitag; am Samstag; am Sonntag"),
    "fr": values("lundi; mardi; mercredi; jeudi; vendredi; samedi; dimanche"),
}
MIXED_FRAMES = {
    "en": [
        "[{A} tells {B} about {topic} in {city}: {bad}|There is a problem with {topic} because "
        "{bad}|{bad}, so {A} asks {B} about "
        "{topic}].",
        "[{B} suggests that they {fix}|They agree to {fix}|The plan is to {fix}][ for {sum} euros|, "
        "which costs {sum} euros|].",
        "?[They meet {day} at {t} with {C}|{C} joins them on {day}|It is planned for {day} at {t}].",
    ],
    "de": [
        "[{A} berichtet {B}: {bad} ({topic}, {city})|Thema ist {topic} in {city}, denn {bad}|Es "
        "geht um {topic}: {bad}].",
        "[{B} schlägt vor: {fix}|Der Plan lautet: {fix}|Sie wollen {fix}][ (etwa {sum} Euro)|, Kosten: {sum} Euro|].",
        "?[Sie treffen sich {day} um {t} mit {C}|{C} ist {day} auch dabei|Termin: {day} um {t}].",
    ],
    "fr": [
        "[{A} explique à {B} que {bad} ({topic}, {city})|Le sujet est {topic} à {city} : {bad}|Il y "
        "a un problème, car {bad}].",
        "[{B} propose de {fix}|Ils décident de {fix}|La solution est de {fix}][ pour {sum} euros|, "
        "ce qui coûte {sum} euros|].",
        "?[Ils se voient {day} à {t} avec {C}|{C} vient aussi {day}|Rendez-vous {day} à {t}].",
    ],
}


def mixed_languages(chance: random.Random) -> Row:
    """Rows in English, German or French in one file."""
    tongue = chance.choices(("en", "de", "fr"), (5, 3, 2))[0]
    facts = record(chance, TRIPS[tongue], "topic bad fix") | {"city": chance.choice(CITIES)}
    facts |= dict(zip("ABC", chance.sample(NAMES, 3), strict=True)) | {"t": clock(chance)}
    facts |= {"day": chance.choice(WEEK[tongue]), "sum": number(chance, 10, 400, 5)}
    said = turns(chance, TALKS[tongue], facts)
    dialogue = "\n".join(f"{facts[key]}: {text}" for key, text in said)
    wrong = slip(chance, facts, {"A": "B", "sum": None, "day": WEEK[tongue]})
    reference, prediction = pair(chance, MIXED_FRAMES[tongue], facts, wrong)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
