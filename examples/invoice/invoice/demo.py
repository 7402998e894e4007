"""Sample data for an empty database."""

import io
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle, islice

from flask import current_app
from PIL import Image, ImageDraw
from sqlalchemy import select

from invoice import logo
from invoice.extensions import db
from invoice.formats import today
from invoice.models import Company, Customer, Invoice, InvoiceLine, InvoiceStatus
from invoice.numbering import next_number
from invoice.tax import TaxRate

REDUCED, STANDARD = TaxRate.REDUCED, TaxRate.STANDARD

CUSTOMERS = (
    ("青空商事株式会社", "御中", "佐藤 美咲", "100-0001", "東京都千代田区見本町1-2-3 青空ビル5階"),
    ("株式会社みなと食堂", "御中", "高橋 健", "231-0001", "神奈川県横浜市見本区港町4-5"),
    ("山田 太郎", "様", "", "600-0001", "京都府京都市見本区例示通6-7"),
    ("Kestrel Coffee K.K.", "御中", "Emily Carter", "150-0001", "東京都渋谷区見本前8-9"),
)

# customer, subject, days since issue, status, lines (description, quantity, unit, unit price, rate)
INVOICES = (
    (
        "青空商事株式会社",
        "会議用お弁当・会場設営",
        75,
        InvoiceStatus.PAID,
        (
            ("幕の内弁当", "48", "個", 1180, REDUCED),
            ("緑茶 500ml", "48", "本", 138, REDUCED),
            ("会場設営・片付け", "1", "式", 38000, STANDARD),
        ),
    ),
    (
        "株式会社みなと食堂",
        "業務用食材 9月分",
        52,
        InvoiceStatus.SENT,
        (
            ("讃岐うどん（冷凍）", "120", "食", 97, REDUCED),
            ("出汁パック", "36", "袋", 463, REDUCED),
            ("割り箸", "2000", "膳", 3, STANDARD),
        ),
    ),
    (
        "Kestrel Coffee K.K.",
        "Catering for the autumn tasting",
        24,
        InvoiceStatus.PAID,
        (
            ("Wagashi assortment", "30", "boxes", 860, REDUCED),
            ("Serving staff", "6.5", "hours", 2400, STANDARD),
        ),
    ),
    (
        "青空商事株式会社",
        "定例会議のお弁当 10月分",
        9,
        InvoiceStatus.SENT,
        (
            ("季節の松花堂弁当", "25", "個", 1680, REDUCED),
            ("味噌汁", "25", "杯", 157, REDUCED),
            ("配達料", "3", "回", 1500, STANDARD),
            ("リピートお値引き", "1", "式", -2000, REDUCED),
        ),
    ),
    (
        "山田 太郎",
        "法事お料理一式",
        3,
        InvoiceStatus.SENT,
        (
            ("仕出し会席「菊」", "12", "名", 5400, REDUCED),
            ("器・お膳の貸出", "12", "組", 650, STANDARD),
            ("配膳スタッフ", "4", "時間", 2200, STANDARD),
        ),
    ),
    (
        "株式会社みなと食堂",
        "業務用食材 11月分",
        0,
        InvoiceStatus.DRAFT,
        (
            ("讃岐うどん（冷凍）", "150", "食", 97, REDUCED),
            ("天ぷら粉", "12.5", "kg", 388, REDUCED),
        ),
    ),
)
PAYMENT_DAYS = 30
NOTES_JAPANESE = "お振込手数料はご負担ください。"
NOTES_ENGLISH = "Please bear the bank transfer fee."


def is_empty() -> bool:
    """Whether nothing was entered yet."""
    return all(db.session.scalar(select(table.id).limit(1)) is None for table in (Customer, Invoice, Company))


def load(*, more: int = 0) -> bool:
    """Add the sample data, and `more` invoices; False, and nothing changed, when there is data already."""
    if not is_empty():
        return False
    db.session.add(_company())
    customers = {customer.name: customer for customer in map(_customer, CUSTOMERS)}
    db.session.add_all(customers.values())
    day = today()
    for name, subject, age_days, status, lines in (*INVOICES, *islice(cycle(INVOICES), more)):
        _add_invoice(customers[name], subject, day - timedelta(days=age_days), status, lines)
    db.session.commit()
    return True


def _company() -> Company:
    return Company(
        id=1,
        name="岡持ち商店株式会社",
        registration_number="T1234567890123",
        postal_code="530-0001",
        address="大阪府大阪市見本区出前町10-11",
        phone="06-0000-0000",
        email="billing@example.com",
        bank_account="見本銀行 出前支店（普通）1234567\nオカモチショウテン（カ",
        logo=logo.store(_drawn_logo(), current_app.config["UPLOAD_DIR"]),
    )


def _customer(row: tuple[str, str, str, str, str]) -> Customer:
    name, honorific, contact, postal_code, address = row
    return Customer(name=name, honorific=honorific, contact=contact, postal_code=postal_code, address=address)


def _add_invoice(customer: Customer, subject: str, issued: date, status: InvoiceStatus, lines: tuple) -> None:
    invoice = Invoice(
        number=next_number(issued.year),
        customer=customer,
        subject=subject,
        issue_date=issued,
        supply_date=issued - timedelta(days=1),
        due_date=issued + timedelta(days=PAYMENT_DAYS),
        status=status,
        rounding=Company.current().rounding,
        notes=NOTES_ENGLISH if customer.name.isascii() else NOTES_JAPANESE,
    )
    invoice.set_lines(
        [
            InvoiceLine.of(
                description=description,
                quantity=Decimal(quantity),
                unit=unit,
                unit_price_yen=unit_price_yen,
                rate=rate,
            )
            for description, quantity, unit, unit_price_yen, rate in lines
        ]
    )
    db.session.add(invoice)
    db.session.flush()


def _drawn_logo() -> bytes:
    """A delivery box: handle, lid and body."""
    picture = Image.new("RGBA", (960, 960), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    red, cream = (178, 58, 46, 255), (255, 250, 242, 255)
    pen.rounded_rectangle((300, 60, 660, 320), radius=110, outline=red, width=56)
    pen.rounded_rectangle((130, 250, 830, 900), radius=64, fill=red)
    pen.rounded_rectangle((130, 330, 830, 352), radius=0, fill=cream)
    pen.pieslice((290, 440, 670, 820), start=0, end=180, fill=cream)
    pen.rounded_rectangle((265, 596, 695, 636), radius=20, fill=cream)
    pen.rounded_rectangle((405, 812, 555, 842), radius=10, fill=cream)
    output = io.BytesIO()
    picture.crop(picture.getbbox()).resize((320, 393), Image.Resampling.LANCZOS).save(output, "PNG")
    return output.getvalue()
