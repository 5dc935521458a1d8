"""The words of headings by kind of column, in the languages of vendors."""

import re
import unicodedata
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


DATE, CLOCK, CLOSE, PRICE, ADJUSTED, TICKER = "date", "clock", "close", "price", "adjusted close", "ticker"
DERIVED = "derived"  # computed from prices, or a count of something else
_LETTERS = str.maketrans("łøđıæœ", "lodiao")
OPENINGS = words(
    """timeopen opentime opentimestamp opendate start starttime startdate timestart timeperiodstart begin begintime
    candletime candleopentime 开盘时间 开始时间 開始時間 opentimeutc starttimestamp openat"""
)
ENDINGS = words(
    """timeclose closetime closetimestamp closedate end endtime enddate timeend timeperiodend endtimestamp finish
    timehigh timelow hightime lowtime highdate lowdate hightimestamp lowtimestamp 收盘时间 结束时间 終了時間 closeat
    lastupdated updated updatedat updatetime lastupdate created createdat ingested ingestedat fetched fetchedat
    retrieved retrievedat downloaded downloadedat modified modifiedat inserted insertedat loadedat scrapedat expiry
    expiration expirydate expirationdate maturity listed listingdate dateadded queried queriedat"""
)
NAMES = {  # in order of preference; compared as :func:`folded` writes them
    DATE: """date datetime dateutc timeopen opentime opentimestamp timestamp time snappedat start startdate
        timestart candletime datetimeutc timeutc unix unixtime unixtimestamp timestampunix timestampms epoch ts
        index timestamps day tradedate tradingdate tradeday tradingday starttime timeperiodstart begin localtime
        gmttime utctime dt dateandtime datetimestamp dtyyyymmdd yyyymmdd period month week quarter eventtime bartime
        data fecha datum dato datums kuupaev datumas tarih дата дататорги время日付 日期 日付 日時 日 날짜 일자
        日付け 交易日期 时间 時間 时间戳 時間戳 日期时间 开盘时间 开始时间 開始時間 기준시간 시간 일시 التاريخ تاریخ
        תאריך ημερομηνια paivamaara päivämäärä datahora fechahora zeit zeitstempel horodatage ngay tanggal วันที่
        दिनांक tanggalwaktu""",
    CLOCK: """time hour clock timeofday uhrzeit zeit heure hora ora czas godzina saat время час 时间 時刻 时刻 시각
        시간 hhmmss hhmm tid tijd klokkeslet aika""",
    CLOSE: """close closeprice closingprice closeprices closingvalue pricelastclose closelast cierre preciodecierre
        cierreprecio preciocierre fechamento fecho precodefechamento precofechamento cloture coursdecloture
        prixdecloture clot schlusskurs schluss schlusspreis schlussstand chiusura prezzodichiusura prezzochiusura
        slot slotkoers slotkurs slutkurs slut sluttkurs stangning stangningskurs lukukurssi paatoskurssi paatos
        zamkniecie kurszamkniecia cenazamkniecia zaviraci zavreni zaro zaroar zaroertek kapanis kapanisfiyati
        inchidere pretinchidere закрытие ценазакрытия закр закриття цiназакриття ценапризакрытии κλεισιμο
        τιμηκλεισιματος 收盘 收盘价 收盘价格 收市价 收市 收盤 收盤價 收市價 今收 今收盘 終値 終価 종가 종가원 مغلق
        الإغلاق الاغلاق اغلاق سعرالاغلاق سعرالإغلاق پایانی قیمتپایانی סגירה שערסגירה מחירסגירה giadongcua dongcua
        penutupan hargapenutupan tutup tutupan ราคาปิด ปิด बंद pxlast settle settlement settlementprice settleprice
        c cl closeusdprice""",
    PRICE: """price lastprice last pricelast lasttradedprice lasttrade prices spotprice marketprice tradeprice rate
        exchangerate kurs kurz preis cours prix precio preco prezzo cena cijena koers fiyat fiyati pris hinta ar
        arfolyam цена цiна курс τιμη 价格 價格 価格 最新价 現價 现价 最新 가격 현재가 السعر سعر قیمت מחיר שער gia
        harga ราคา ultimo ultimopreco ultimoprecio dernier derniercours zuletzt letzter letzterkurs laatst laatste
        ostatni ostatnio son simdi sonfiyat ultimul الأخير الاخير
        senast senaste viimeisin seneste sist siste posledni utolso ultima posl
        послпосл последняя последн посл 最終 最後 最近 אחרון آخرین آخر terakhir lancuoi ล่าสุด value valor wert
        valeur valore wartosc 値 值""",
    ADJUSTED: """adjclose adjustedclose adjcloseprice closeadj closeadjusted adjustedclosingprice adjustedprice
        adjprice 复权收盘价 后复权收盘价 前复权收盘价 調整後終値 수정종가""",
    "Open": """open openprice openingprice priceopen openvalue o op apertura preciodeapertura abertura abrir
        ouverture ouv eroffnung eroffnungskurs eroffn aperturaprezzo openingskoers opening otwarcie acilis
        deschidere openkurs oppning avaus abning apning oteviraci nyito отк открытие ценаоткрытия вiдкриття вiдкр
        откр ανοιγμα 开盘 开盘价 今开 開盤 開盤價 開市 開始値 始値 시가 افتتاح الافتتاح سعرالافتتاح بازگشایی פתיחה
        mo moicua giamocua pembukaan buka ราคาเปิด เปิด""",
    "High": """high highprice pricehigh max maximum highest h hi highvalue maximo maxima alto maxi plushaut haut
        hoch hochst tageshoch massimo hoogste hoog najwyzszy najwyzsza maks yuksek maxim hogst korkein hoj hoy
        nejvyssi макс максимум максимальная макснаяцена υψηλο 最高 最高价 最高價 高値 고가 الأعلى اعلى أعلى مرتفع
        بالاترین גבוה cao giacaonhat tertinggi ราคาสูงสุด สูงสุด""",
    "Low": """low lowprice pricelow min minimum lowest l lo lowvalue minimo minima bajo baixo baixa mini plusbas bas
        tief tiefst tagestief minimoprezzo laagste laag najnizszy najnizsza dusuk minim lagst alin lav nejnizsi мин
        минимум минимальная χαμηλο 最低 最低价 最低價 安値 저가 الأدنى ادنى أدنى منخفض پایینترین נמוך thap
        giathapnhat terendah ราคาต่ำสุด ต่ำสุด""",
    "Volume": """volume vol volumebtc volumecrypto basevolume volumefrom totalvolume volumeusd volumeusdt v volumen
        umsatz wolumen obrot hacim volym omsattning volyymi objem обьем объем обсяг 成交量 交易量 総出来高 出来高
        거래량 누적거래량 حجم الحجم נפח kl khoiluong volumetransaksi ปริมาณ tickvol tickvolume volumetraded""",
    TICKER: """ticker symbol pair asset coin instrument tscode code coinid assetid slug seccode secid 代码 股票代码
        证券代码 交易对 币种 코인 코인명 종목 종목코드 마켓 market 銘柄 銘柄コード name coinname assetname
        currencyname cryptoname crypto cryptocurrency currency 名称 名前 tickersymbol symbolid tradingpair base
        basecurrency productid figi isin instrumentid instid uniqueid item""",
}
TICKER_WORDS = words(  # headings of columns that name each row's owner, if they hold words
    """stock stocks stockname stocksymbol stockcode company companyname companysymbol security securityname scrip
    scripname script contract underlying fund fundname indexname equity share sharename isincode aktie titre azione
    accion acao empresa societe firma 公司 公司名称 股票 股票名称 证券名称 证券简称 简称 会社名 회사 회사명"""
)
KINDS = {kind: names.split() for kind, names in NAMES.items()}
CURRENCY_WORDS = words(
    "dollar dollars euro euros pound pounds yen yuan won ruble rupee lira 元 美元 人民币 円 원 달러 $ € £ ¥ ₩ ₹ ₽ ₺ ฿ ₿"
)
FILLER_WORDS = words(
    """the of in at for to per and daily day weekly week monthly month hourly hour h1 d1 price prices value spot
    market mkt trade traded the o v t k x y n a p c 24h 1h 4h 1d 1w 15m 5m 1m coin token crypto currency 价格 价"""
)
_DERIVED = words(
    """pre prev previous prior previousday yesterday yday next future tomorrow target label pred predicted prediction
    predictions forecast forecasted yhat expected lag lagged shift shifted delay delayed offset diff difference
    delta change changes chg chng pct percent percentage return returns ret rets rtn log ln logged logret ratio ma
    sma ema wma dema tema hma ewma ewm kama vwap twap rsi macd atr adx cci bb boll bollinger upper lower band stoch
    obv mfi roc momentum signal std stdev stddev var variance volatility zscore z norm normalized normalised scaled
    scaler minmax standardized rank rolling moving cum cumulative cumsum spread premium basis gap range hl2 hlc3
    ohlc4 count trades cap marketcap supply dominance fee fees hash hashrate difficulty dividend dividends split
    splits flag is has up down direction sentiment squared sqrt rms abs inverse inv trend residual seasonal ath atl
    ago before after variacao variacion variazione variation anderung veranderung zmiana изм изменение fark degisim
    wahrung turnover amount value2 quotevolume beta alpha corr correlation cov
    impliedvol iv oi openinterest funding interest quote taker maker bid ask bids asks last24h transformed smooth
    smoothed detrended kalman feature features error errors"""
)
ADJUSTING = words("adj adjusted adjust ajustado ajustada ajuste rettificato bereinigt corrige skorygowany duzeltilmis")
TIMES = words("time timestamp stamp date datetime times dates 时间 時間 日期 시간 zeit hora heure время")
AVERAGES = words("avg average averaged mean median weighted weight typical mid durchschnitt media 均价 均 平均")
_DERIVED_PARTS = re.compile(
    r"前收|昨收|前一|上一|前日|涨跌|漲跌|涨幅|漲幅|换手|成交额|成交金额|金额|変化|騰落|市值|均线|収益率|收益率"
    r"|등락|전일|대비|변동|거래대금|거래금액"
)
_SIGNS = frozenset("$€£¥₩₹₽₺฿₿%")


@lru_cache(1 << 12)
def folded(name: str) -> str:
    """A name in lower case without accents, with letters, digits and currency signs only, for comparison.

    >>> folded("Último"), folded("Zamknięcie"), folded("Adj Close*"), folded("Kapanış")
    ('ultimo', 'zamkniecie', 'adjclose', 'kapanis')
    """
    parts = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    return "".join(letter for letter in parts if letter.isalnum() or letter in _SIGNS).translate(_LETTERS)


_FOLDED = {
    kind: {folded(name): place for place, name in reversed([*enumerate(names)])} for kind, names in KINDS.items()
}
OPENING_NAMES, ENDING_NAMES, TICKER_NAMES = (
    {folded(name) for name in names} for names in (OPENINGS, ENDINGS, TICKER_WORDS)
)


def place_of(name: str, kind: str) -> int | None:
    """The place of a name in the order of preference of a kind; None if it is not a name of the kind."""
    return _FOLDED[kind].get(folded(name))


def kind_of(name: str) -> str:
    """The kind of a column with exactly this name; an empty text if there is none."""
    simple = "" if name[:1].isdigit() else folded(name)  # no name begins with a digit, and most cells do
    return next((kind for kind, names in _FOLDED.items() if simple in names), "") if simple else ""


def words_of(text: str) -> list[tuple[str, int, int]]:
    """The words of a heading, folded, each with its first and last position.

    >>> [[word for word, *_ in words_of(name)] for name in ("priceUsd", "BTC收盘价", "BTCClose", "sp500_close")]
    [['price', 'usd'], ['btc', '收盘价'], ['btc', 'close'], ['sp500', 'close']]
    """
    starts = [at for at, letter in enumerate(text) if _begins(text, at) and (letter.isalnum() or letter in _SIGNS)]
    found: list[tuple[str, int, int]] = []
    for start, following in zip(starts, [*starts[1:], len(text)], strict=False):
        word = text[start:following]
        length = next((at for at, letter in enumerate(word) if not (letter.isalnum() or letter in _SIGNS)), len(word))
        found.append((folded(word[:length]), start, start + length))
    return [word for word in found if word[0]]


def _begins(text: str, at: int) -> bool:
    """Whether a word begins at a position: after a space or a mark, at a capital, or where another script begins."""
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if not before.isalnum() or letter in _SIGNS:
        return True
    if letter.isupper():
        return before.islower() or (before.isupper() and after.islower())
    return letter.isalpha() and before.isalpha() and _has_case(letter) != _has_case(before)


def _has_case(letter: str) -> bool:
    return letter.lower() != letter.upper()


def is_derived(text: str) -> bool:
    """Whether a heading says that its column is computed from prices, or counts something else.

    >>> [is_derived(name) for name in ("prev_close", "SMA20", "close_lag_1", "Var%", "前收盘", "BTC_close")]
    [True, True, True, True, True, False]
    """
    found = [word for word, _, _ in words_of(text)]
    bases = [re.sub(r"\d+[a-z]?$", "", word) or word for word in found]
    return (
        any(word in _DERIVED or base in _DERIVED for word, base in zip(found, bases, strict=True))
        or (len(found) > 1 and found[-1].isdigit() and len(found[-1]) < 4)
        or "%" in found
        or bool(_DERIVED_PARTS.search(text))
    )


def is_time(text: str) -> bool:
    """Whether a heading of several words is one of times, such as close_time."""
    return any(word in TIMES for word, _, _ in words_of(text))


def is_average(text: str) -> bool:
    """Whether a heading says that its column holds averages."""
    return any(word in AVERAGES for word, _, _ in words_of(text))
