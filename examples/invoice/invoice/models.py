"""Tables: the issuing company, customers, invoices and their lines, batches of PDFs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Boolean, Date, Enum, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from invoice.extensions import db
from invoice.tax import InvoiceTotals, Rounding, TaxRate, invoice_totals, line_net_yen

QUANTITY_SCALE = 1000


class InvoiceStatus(StrEnum):
    """Where an invoice stands; only a draft can be edited."""

    DRAFT = "draft"
    SENT = "sent"
    PAID = "paid"


class BatchStatus(StrEnum):
    """Where a batch of PDFs stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


def _text_enum(members: type[StrEnum]) -> Enum:
    return Enum(members, native_enum=False, create_constraint=False, length=16, values_callable=_values)


class Company(db.Model):
    """The issuer: one row, id 1."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    registration_number: Mapped[str] = mapped_column(String(14), default="")
    postal_code: Mapped[str] = mapped_column(String(16), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    bank_account: Mapped[str] = mapped_column(Text, default="")
    rounding: Mapped[Rounding] = mapped_column(_text_enum(Rounding), default=Rounding.FLOOR)
    era_dates: Mapped[bool] = mapped_column(Boolean, default=False)
    logo: Mapped[str | None] = mapped_column(String(80))

    @classmethod
    def current(cls) -> Company:
        """The stored issuer; an empty one, not yet added to the session, before anything was saved."""
        stored = db.session.get(cls, 1)
        if stored is not None:
            return stored
        return cls(
            id=1,
            name="",
            registration_number="",
            postal_code="",
            address="",
            phone="",
            email="",
            bank_account="",
            rounding=Rounding.FLOOR,
            era_dates=False,
        )


class Customer(db.Model):
    """Who receives invoices."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    honorific: Mapped[str] = mapped_column(String(8), default="御中")
    contact: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    postal_code: Mapped[str] = mapped_column(String(16), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    invoices: Mapped[list[Invoice]] = relationship(back_populates="customer")


class Invoice(db.Model):
    """An invoice; the sums are stored when its lines are set, so that an issued one never changes."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    issue_date: Mapped[date] = mapped_column(Date, index=True)
    supply_date: Mapped[date] = mapped_column(Date)
    due_date: Mapped[date | None] = mapped_column(Date)
    status: Mapped[InvoiceStatus] = mapped_column(
        _text_enum(InvoiceStatus), default=InvoiceStatus.DRAFT, index=True
    )
    rounding: Mapped[Rounding] = mapped_column(_text_enum(Rounding), default=Rounding.FLOOR)
    notes: Mapped[str] = mapped_column(Text, default="")
    net_yen: Mapped[int] = mapped_column(BigInteger, default=0)
    tax_yen: Mapped[int] = mapped_column(BigInteger, default=0)
    total_yen: Mapped[int] = mapped_column(BigInteger, default=0)
    customer: Mapped[Customer] = relationship(back_populates="invoices")
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.position"
    )

    @property
    def totals(self) -> InvoiceTotals:
        return invoice_totals(self.lines, self.rounding)

    @property
    def has_reduced_rate(self) -> bool:
        return any(line.tax_rate is TaxRate.REDUCED for line in self.lines)

    def is_overdue(self, today: date) -> bool:
        return self.status is InvoiceStatus.SENT and self.due_date is not None and self.due_date < today

    def set_lines(self, lines: list[InvoiceLine]) -> None:
        """Replace all lines, number them, and store the sums by this invoice's rounding."""
        for position, line in enumerate(lines, start=1):
            line.position = position
            line.net_yen = line_net_yen(line.quantity, line.unit_price_yen, self.rounding)
        self.lines = lines
        totals = self.totals
        self.net_yen, self.tax_yen, self.total_yen = totals.net_yen, totals.tax_yen, totals.total_yen


class InvoiceLine(db.Model):
    """A line; quantities are kept in thousandths, exact on every database."""

    __tablename__ = "invoice_line"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    description: Mapped[str] = mapped_column(String(200))
    quantity_thousandths: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(16), default="")
    unit_price_yen: Mapped[int] = mapped_column(BigInteger)
    tax_percent: Mapped[int] = mapped_column(Integer)
    net_yen: Mapped[int] = mapped_column(BigInteger)
    invoice: Mapped[Invoice] = relationship(back_populates="lines")

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.quantity_thousandths) / QUANTITY_SCALE

    @property
    def tax_rate(self) -> TaxRate:
        return TaxRate(self.tax_percent)

    @classmethod
    def of(
        cls, *, description: str, quantity: Decimal, unit: str, unit_price_yen: int, rate: TaxRate
    ) -> InvoiceLine:
        """A line not yet part of an invoice; Invoice.set_lines gives it its position and amount."""
        return cls(
            description=description,
            quantity_thousandths=int(quantity * QUANTITY_SCALE),
            unit=unit,
            unit_price_yen=unit_price_yen,
            tax_percent=int(rate),
        )


class Batch(db.Model):
    """PDFs of many invoices, rendered in the background. Times are whole seconds since 1970."""

    __tablename__ = "batch"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[BatchStatus] = mapped_column(_text_enum(BatchStatus))
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(8))
    invoice_ids: Mapped[list[int]] = mapped_column(JSON)
