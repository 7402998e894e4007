"""Forms; numbers may be typed full-width and with thousands separators."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from flask_wtf.i18n import translations
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    Field,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from invoice import registration
from invoice.models import InvoiceLine
from invoice.tax import Rounding, TaxRate

MAX_LINES = 50
MAX_QUANTITY = 999_999
MAX_UNIT_PRICE_YEN = 999_999_999


def stripped(text: str | None) -> str:
    return (text or "").strip()


def _half_width(values: list[str]) -> list[str]:
    return [unicodedata.normalize("NFKC", value).replace(",", "").strip() for value in values]


def readable(_form: Form, field: Field) -> None:
    """What is no number is told as that alone: it has no range to be out of."""
    if field.process_errors:
        raise StopValidation


class YenField(IntegerField):
    """Whole yen."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(_half_width(valuelist))


class QuantityField(DecimalField):
    """Up to three decimals; shown without needless zeros."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(_half_width(valuelist))
        except InvalidOperation as error:
            raise ValueError(self.gettext("Not a valid decimal value.")) from error
        if self.data is not None and (not self.data.is_finite() or self.data.as_tuple().exponent < -3):
            self.data = None
            raise ValueError(_("At most three decimals."))

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else f"{self.data.normalize():f}"


class CustomerForm(FlaskForm):
    name = StringField(_l("Name"), filters=[stripped], validators=[DataRequired(), Length(max=120)])
    honorific = SelectField(_l("Form of address"), choices=["御中", "様"])
    contact = StringField(_l("Contact person"), filters=[stripped], validators=[Length(max=120)])
    email = EmailField(_l("E-mail"), filters=[stripped], validators=[Length(max=254)])
    postal_code = StringField(_l("Postal code"), filters=[stripped], validators=[Length(max=16)])
    address = TextAreaField(_l("Address"), filters=[stripped], validators=[Length(max=300)])


class CompanyForm(FlaskForm):
    name = StringField(_l("Company name"), filters=[stripped], validators=[DataRequired(), Length(max=120)])
    registration_number = StringField(
        _l("Registration number"), filters=[lambda text: registration.normalized(text or "")]
    )
    postal_code = StringField(_l("Postal code"), filters=[stripped], validators=[Length(max=16)])
    address = TextAreaField(_l("Address"), filters=[stripped], validators=[Length(max=300)])
    phone = TelField(_l("Phone"), filters=[stripped], validators=[Length(max=40)])
    email = EmailField(_l("E-mail"), filters=[stripped], validators=[Length(max=254)])
    bank_account = TextAreaField(_l("Bank account"), filters=[stripped], validators=[Length(max=600)])
    rounding = SelectField(
        _l("Rounding of the tax"),
        coerce=Rounding,
        choices=[
            SelectChoice(Rounding.FLOOR, _l("Down (切り捨て)")),
            SelectChoice(Rounding.HALF_UP, _l("Half up (四捨五入)")),
            SelectChoice(Rounding.CEILING, _l("Up (切り上げ)")),
        ],
    )
    era_dates = BooleanField(_l("Japanese era dates on Japanese invoices"))

    def validate_registration_number(self, field: StringField) -> None:
        if field.data and not registration.is_valid(field.data):
            raise ValidationError(_("Write T and 13 digits, for example T1234567890123."))


class LogoForm(FlaskForm):
    logo = FileField(_l("Picture"), validators=[FileRequired()])


class LineForm(Form):
    """One line; a row that was left empty is no line and needs no values."""

    class Meta:
        """Messages in the page's language, as in the form around it."""

        def get_translations(self, form: Form) -> object:
            return translations

    description = StringField(
        _l("Description"), filters=[stripped], validators=[DataRequired(), Length(max=200)]
    )
    quantity = QuantityField(
        _l("Quantity"),
        validators=[InputRequired(), readable, NumberRange(min=Decimal("0.001"), max=MAX_QUANTITY)],
    )
    unit = StringField(_l("Unit"), filters=[stripped], validators=[Length(max=16)])
    unit_price_yen = YenField(
        _l("Unit price"),
        validators=[InputRequired(), readable, NumberRange(min=-MAX_UNIT_PRICE_YEN, max=MAX_UNIT_PRICE_YEN)],
    )
    tax_rate = SelectField(
        _l("Tax rate"),
        coerce=int,
        default=int(TaxRate.STANDARD),
        choices=[SelectChoice(int(TaxRate.STANDARD), "10%"), SelectChoice(int(TaxRate.REDUCED), "8% ※")],
    )

    @property
    def is_empty(self) -> bool:
        return not any(
            stripped(field.raw_data[0]) if field.raw_data else field.data
            for field in (self.description, self.unit_price_yen)
        )

    def validate(self, extra_validators: Any = None) -> bool:
        return True if self.is_empty else super().validate(extra_validators)

    def to_line(self) -> InvoiceLine:
        return InvoiceLine.of(
            description=self.description.data,
            quantity=self.quantity.data,
            unit=self.unit.data,
            unit_price_yen=self.unit_price_yen.data,
            rate=TaxRate(self.tax_rate.data),
        )


class InvoiceForm(FlaskForm):
    customer_id = SelectField(_l("Customer"), coerce=int)
    subject = StringField(_l("Subject"), filters=[stripped], validators=[Length(max=200)])
    issue_date = DateField(_l("Issue date"), validators=[DataRequired()])
    supply_date = DateField(_l("Date of supply"), validators=[DataRequired()])
    due_date = DateField(_l("Due date"), validators=[Optional()])
    lines = FieldList(FormField(LineForm), min_entries=1, max_entries=MAX_LINES)
    notes = TextAreaField(_l("Notes"), filters=[stripped], validators=[Length(max=2000)])

    def validate_due_date(self, field: DateField) -> None:
        if field.data and self.issue_date.data and field.data < self.issue_date.data:
            raise ValidationError(_("The due date is before the issue date."))

    def validate_lines(self, field: FieldList) -> None:
        if all(row.form.is_empty for row in field):
            raise ValidationError(_("Add at least one line."))

    def to_lines(self) -> list[InvoiceLine]:
        """The lines that were filled in, in order."""
        return [row.form.to_line() for row in self.lines if not row.form.is_empty]


class ActionForm(FlaskForm):
    """A button: nothing but the CSRF token."""
