"""Formats of exports: valid declarations, facts from real exports."""

import pytest
import yaml

from mediagym.data.formats.headings import canonical_heading
from mediagym.data.formats.vocabulary import GENERIC, Format, formats
from mediagym.data.storage import CONF, shipped_yaml

FILES = sorted((CONF / "data" / "format").glob("*.yaml"))
NAMES = [path.stem for path in FILES]
BY_NAME = {settings.platform: settings for settings in formats()}

# platform and language: headings as exports write them = the column that they mean
FACTS = """
google en: Day=date Campaign=campaign
google en: Campaign_type=campaign_type Currency_code=currency Cost=cost
google en: Impr.=impressions Clicks=clicks Conversions=conversions Conv._value=revenue Week=week
google en: All_conv.=conversions Campaign_ID=campaign_id Ad_group=group Account_name=account
google de: Tag=date Kampagne=campaign Kampagnentyp=campaign_type Kosten=cost Klicks=clicks
google de: Impressionen=impressions Conv.-Wert=revenue
google de: Währungscode=currency Anzeigengruppe=group
google es: Día=date Campaña=campaign Coste=cost Costo=cost Clics=clicks Conversiones=conversions
google es: Valor_de_conv.=revenue Tipo_de_campaña=campaign_type Semana=week Mes=month
google fr: Jour=date Campagne=campaign Coût=cost Clics=clicks Valeur_de_conv.=revenue
google fr: Type_de_campagne=campaign_type Conversions=conversions Impr.=impressions
google pt: Dia=date Campanha=campaign Custo=cost Cliques=clicks Conversões=conversions
google pt: Tipo_de_campanha=campaign_type Valor_conv.=revenue Grupo_de_anúncios=group
google ja: 日=date キャンペーン=campaign 費用=cost 表示回数=impressions クリック数=clicks
google ja: コンバージョン=conversions コンバージョン値=revenue
google ja: 通貨コード=currency 広告グループ=group
google id: Tanggal=date Kampanye=campaign Biaya=cost Klik=clicks Tayangan=impressions
google id: Konversi=conversions Nilai_konv.=revenue
google it: Giorno=date Campagna=campaign Costo=cost Clic=clicks Valore_conv.=revenue
google ko: 캠페인=campaign 비용=cost 클릭수=clicks 노출수=impressions 전환수=conversions
google api: segments_date=date metrics_cost_micros=cost metrics_conversions_value=revenue
google api: metrics.impressions=impressions campaign_advertising_channel_type=campaign_type
google api: segments.date=date campaign.id=campaign_id metrics.conversions=conversions
meta en: Day=date Reporting_starts=date Reporting_ends=date_end Campaign_name=campaign
meta en: Amount_spent_(USD)=cost Impressions=impressions Link_clicks=clicks Clicks_(all)=clicks
meta en: Purchases=conversions Results=conversions
meta en: Purchases_conversion_value=revenue Leads=conversions
meta en: Ad_set_name=group Website_purchases=conversions Account_name=account Currency=currency
meta de: Tag=date Kampagnenname=campaign Ausgegebener_Betrag_(EUR)=cost Impressionen=impressions
meta de: Link-Klicks=clicks Klicks_(alle)=clicks
meta de: Ergebnisse=conversions Website-Käufe=conversions
meta es: Día=date Inicio_del_informe=date
meta es: Nombre_de_la_campaña=campaign Importe_gastado_(EUR)=cost
meta es: Impresiones=impressions Clics_en_el_enlace=clicks
meta es: Clics_(todos)=clicks Compras=conversions
meta es: Valor_de_conversión_de_compras=revenue
meta es: Nombre_del_conjunto_de_anuncios=group Divisa=currency
meta fr: Jour=date Début_des_rapports=date Fin_des_rapports=date_end Nom_de_la_campagne=campaign
meta fr: Montant_dépensé_(EUR)=cost Clics_(tous)=clicks Achats=conversions Résultats=conversions
meta fr: Valeur_de_conversion_des_achats=revenue Nom_de_l’ensemble_de_publicités=group
meta pt: Dia=date Início_dos_relatórios=date Encerramento_dos_relatórios=date_end
meta pt: Valor_usado_(BRL)=cost Impressões=impressions
meta pt: Cliques_no_link=clicks Resultados=conversions
meta pt: Valor_de_conversão_da_compra=revenue Nome_da_campanha=campaign
meta ja: 日=date レポート開始日=date レポート終了日=date_end キャンペーン名=campaign
meta ja: 消化金額_(JPY)=cost インプレッション=impressions
meta ja: リンクのクリック=clicks クリック(すべて)=clicks 結果=conversions
meta id: Awal_pelaporan=date Akhir_pelaporan=date_end Nama_kampanye=campaign Impresi=impressions
meta id: Jumlah_yang_dibelanjakan_(IDR)=cost Klik_tautan=clicks Hasil=conversions
meta id: Nilai_Konversi_Pembelian=revenue Pembelian=conversions
meta nl: Dag=date Campagnenaam=campaign Besteed_bedrag_(EUR)=cost Weergaven=impressions
meta nl: Klikken_op_links=clicks Resultaten=conversions Start_rapportage=date
meta it: Importo_speso_(EUR)=cost Clic_sul_link=clicks Nome_della_campagna=campaign
meta ko: 일=date 캠페인_이름=campaign 지출_금액_(KRW)=cost
meta ko: 노출=impressions 링크_클릭=clicks 구매=conversions
meta ko: 구매_전환값=revenue 클릭(전체)=clicks
meta api: date_start=date date_stop=date_end
meta api: spend=cost inline_link_clicks=clicks adset_name=group
meta api: actions:offsite_conversion.fb_pixel_purchase=conversions campaign_name=campaign
microsoft en: Gregorian_date=date Spend=cost Impr.=impressions Conv.=conversions Revenue=revenue
microsoft en: Campaign_type=campaign_type Account_number=account
microsoft ja: 日付=date 費用=cost インプレッション=impressions
microsoft api: TimePeriod=date GregorianDate=date CampaignName=campaign CampaignId=campaign_id
microsoft api: CurrencyCode=currency AdGroupName=group AllConversions=conversions
tiktok en: By_Day=date Cost=cost Clicks_(destination)=clicks Complete_payment=conversions
tiktok en: Total_complete_payment_value=revenue Campaign_name=campaign Stat_Time=date
tiktok api: stat_time_day=date spend=cost conversion=conversions
linkedin en: Start_Date_(in_UTC)=date Total_Spent=cost
linkedin en: Campaign_Group_Name=group Campaign_Name=campaign
linkedin api: costInLocalCurrency=cost externalWebsiteConversions=conversions cost_in_usd=cost
linkedin api: conversionValueInLocalCurrency=revenue
pinterest en: Spend_in_account_currency=cost
pinterest en: Outbound_clicks=clicks Total_conversions_(Checkout)=conversions
pinterest en: Total_order_value_(Checkout)=revenue Campaign_name=campaign
snapchat en: Start_Time=date Amount_Spent=cost Paid_Impressions=impressions Swipe_Ups=clicks
snapchat en: Purchases_Value=revenue Ad_Set_Name=group
x en: Time_period=date Spend=cost Ad_Group_name=group Leads=conversions
amazon en: Spend=cost 14_Day_Total_Orders_(#)=conversions 7_Day_Total_Sales=revenue
amazon api: sales14d=revenue purchases7d=conversions
apple_search_ads en: Day=date Taps=clicks
apple_search_ads en: Installs_(Tap-Through)=conversions Installs_(Total)=conversions
dv360 en: Revenue_(Adv_Currency)=cost Total_Conversions=conversions Insertion_Order=campaign
dv360 en: Advertiser_Currency=currency Media_Cost_(Advertiser_Currency)=cost
ga4 en: Advertising_cost=cost Session_campaign=campaign Purchase_revenue=revenue
ga4 api: utm_source=platform ga:adCost=cost advertiserAdCost=cost keyEvents=conversions
generic api: date_day=date conversions_value=revenue
generic en: platform=platform spend=cost ad_spend=cost
generic en: Sale_Amount=revenue C_Date=date leads=conversions
generic de: Kanal=platform Kosten=cost
google plain: Revenue=revenue
meta plain: Cost=cost Conversions=conversions
microsoft plain: Cost=cost
"""


def facts():
    for line in FACTS.strip().splitlines():
        where, _, pairs = line.partition(": ")
        platform, language = where.split()
        for pair in pairs.split():
            heading, _, column = pair.rpartition("=")
            # "_" is written for " " above; a heading means the same with either
            yield platform, language, heading.replace("_", " "), column


# headers of real exports, cut to their first columns and the telling ones
HEADERS = {
    "google": [
        "Day,Campaign,Campaign type,Currency code,Cost,Impr.,Clicks,CTR,Conversions,Conv. value",
        "Day,Campaign,Campaign type,Currency code,Cost,Impr.,Clicks,Conversions",
        "Campaign type,Campaign,Day,Currency code,Cost,Clicks,Impr.,CTR,Conversions",
        ",campaign_id,segments_date,metrics_clicks,metrics_conversions,metrics_cost_micros",
        "日,キャンペーン,表示回数,クリック数,コンバージョン,通貨コード,費用",
        "Tag,Kampagne,Kosten,Impr.,Klicks,Conversions,Conv.-Wert",
        "Jour,Campagne,Coût,Impr.,Clics,Conversions,Valeur de conv.",
        "Dia,Campanha,Tipo de campanha,Código da moeda,Custo,Impr.,Cliques,Conversões",
    ],
    "meta": [
        "Reporting starts,Reporting ends,Day,Campaign name,Amount spent (USD),Link clicks",
        "Day,Campaign name,Amount spent (AUD),Impressions,Reach,Link clicks,Purchases",
        "Campaign ID,Campaign name,Reporting starts,Reporting ends,Amount spent (USD),Impressions",
        "日,キャンペーン名,広告名,インプレッション,リンクのクリック,消化金額 (JPY),結果",
        "Awal pelaporan,Akhir pelaporan,Nama kampanye,Jumlah yang dibelanjakan (IDR),Impresi",
        "Día,Nombre del anuncio,Importe gastado (EUR),Impresiones,Clics en el enlace (todos)",
        "Dag;Campagnenaam;Advertentienaam;Platform;Weergaven;Linkklikken;Besteed bedrag (EUR)",
        "Tag;Kampagnenname;Ausgegebener Betrag (EUR)",
        "date_start,date_stop,campaign_name,impressions,clicks,spend",
    ],
    "microsoft": [
        "TimePeriod,CampaignName,CampaignId,Impressions,Clicks,Spend,Conversions,Revenue",
        "TimePeriod,AccountName,AccountNumber,CampaignName,CurrencyCode,Impressions,Clicks,Spend",
        "Gregorian date,Account number,Campaign,Impressions,Clicks,Spend,Conversions,Revenue",
    ],
    "tiktok": [
        "By Day,Campaign name,Ad group name,Ad name,Cost,Impressions,Clicks (destination)",
        "stat_time_day,campaign_id,spend,impressions,clicks,conversion",
    ],
    "linkedin": [
        "Start Date (in UTC),Account Name,Currency,Campaign Group Name,Campaign Name,Total Spent"
    ],
    "pinterest": [
        "Date,Campaign name,Ad group name,Spend in account currency,Impressions,Outbound clicks"
    ],
    "snapchat": [
        "Start Time,Campaign Name,Ad Set Name,Amount Spent,Paid Impressions,Swipe Ups,Purchases"
    ],
    "x": ["Time period,Campaign name,Impressions,Engagements,Link clicks,Spend"],
    "amazon": [
        "Date,Currency,Campaign Name,Ad Group Name,Impressions,Clicks,Spend,14 Day Total Sales"
    ],
    "apple_search_ads": [
        "Day,Campaign ID,Campaign Name,Spend,Impressions,Taps,Installs (Tap-Through)"
    ],
    "dv360": [
        "Date,Advertiser Currency,Insertion Order,Impressions,Clicks,Total Conversions,"
        "Revenue (Adv Currency)"
    ],
    "ga4": ["utm_source,utm_medium,utm_campaign,date,cost,clicks,impressions"],
    "generic": [
        "date_day,platform,account_id,campaign_name,clicks,impressions,spend,conversions",
        "Date,Channel,Campaign,Cost,Conversions,Revenue",
    ],
}
REAL = [(platform, header) for platform, headers in HEADERS.items() for header in headers]


def canonical_header(header):
    return [canonical_heading(cell).text for cell in header.replace(";", ",").split(",")]


@pytest.mark.parametrize("name", NAMES)
def test_every_declaration_is_valid_and_named_after_its_platform(name):
    settings = Format.of(shipped_yaml(f"data/format/{name}"), name)
    assert settings.platform == name
    assert len(settings.headings("date")) == len(set(settings.headings("date")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_key_of_a_declaration_is_written_twice(path):
    def keys_of(node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), keys
            for _, value in node.value:
                keys_of(value)

    keys_of(yaml.compose(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("platform", "language", "heading", "column"), list(facts()))
def test_a_heading_of_a_real_export_means_its_column(platform, language, heading, column):
    settings = BY_NAME[platform]
    key = canonical_heading(heading).text
    assert settings.column_of(key) == column
    own = settings.columns[column]
    assert key in own.get(language, ()) or (language == "api" and key in own["en"])


def test_the_facts_are_many_and_in_many_languages():
    table = list(facts())
    assert len(set(table)) >= 120
    assert len({language for _, language, _, _ in table} - {"api", "plain"}) >= 8
    assert {platform for platform, *_ in table} >= set(NAMES) - {"youtube", "reddit"}


@pytest.mark.parametrize(("platform", "header"), REAL)
def test_a_real_header_fits_its_own_platform_and_no_other(platform, header):
    headings = canonical_header(header)
    fitting = {settings.platform for settings in formats() if settings.fits(headings)}
    assert fitting == {platform}
    columns = {BY_NAME[platform].column_of(heading) for heading in headings}
    assert {"date", "cost"} <= columns


def test_todays_files_are_covered_by_their_platforms_without_a_signature():
    headings = canonical_header("Date,Campaign type,Impressions,Clicks,Cost,Conversions,Revenue")
    for platform in ("google", "meta", "microsoft", GENERIC):
        settings = BY_NAME[platform]
        assert [settings.column_of(heading) for heading in headings] == [
            "date", "campaign_type", "impressions", "clicks", "cost", "conversions", "revenue",
        ]  # fmt: skip
        assert not settings.fits(headings)


@pytest.mark.parametrize(
    ("platform", "column", "preferred", "other"),
    [
        ("meta", "clicks", "link clicks", "clicks all"),
        ("meta", "conversions", "purchases", "results"),
        ("meta", "conversions", "results", "leads"),
        ("meta", "date", "day", "reporting starts"),
        ("google", "conversions", "conversions", "all conv"),
        ("google", "cost", "cost", "cost converted currency"),
        ("microsoft", "conversions", "conv", "all conv"),
        ("tiktok", "clicks", "clicks destination", "clicks"),
        ("meta", "conversions", "käufe", "leads"),
        ("microsoft", "conversions", "conversions qualified", "all conversions"),
        ("google", "cost", "kosten", "spend"),
        ("dv360", "cost", "revenue adv currency", "media cost advertiser currency"),
    ],
)
def test_where_two_headings_mean_one_column_the_order_decides(platform, column, preferred, other):
    names = BY_NAME[platform].headings(column)
    assert names.index(preferred) < names.index(other)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("SEARCH", "Search Network"), ("PERFORMANCE_MAX", "Performance max"), ("App", "App"),
     ("PerformanceMax", "Performance max"), ("Cross-network", "Cross-network"), ("?", None)],
)  # fmt: skip
def test_campaign_types_are_spelled_as_in_plans(cell, expected):
    assert BY_NAME["google"].campaign_type(cell) == expected


def test_every_type_of_the_default_settings_is_known_to_its_format():
    campaign_types = shipped_yaml("data/default")["campaign_types"]
    for platform, names in campaign_types.items():
        for name in names:
            assert BY_NAME[platform].campaign_type(name) is not None, (platform, name)
