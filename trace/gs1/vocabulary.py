"""The words of EPCIS 2.0 and CBV 2.0 as we take them, and units of measure.

Enum values are the standard's bare tokens. What a token means for custody is for ``trace.events``; words for
people are for the templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

CBV_NAMESPACE = "https://ref.gs1.org/cbv/"
EPCIS_NAMESPACE = "https://ref.gs1.org/epcis/"
# As the context of EPCIS 2.0.0 has it; later drafts say https://ref.gs1.org/voc/.
GS1_NAMESPACE = "https://gs1.org/voc/"


class EventType(StrEnum):
    """EPCIS 2.0, 7.4."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"


class Action(StrEnum):
    """EPCIS 2.0, 7.3.2."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


class BizStep(StrEnum):
    """CBV 2.0, 7.1. There is no "harvesting" and no "transforming"."""

    ACCEPTING = "accepting"
    ARRIVING = "arriving"
    ASSEMBLING = "assembling"
    COLLECTING = "collecting"
    COMMISSIONING = "commissioning"
    CONSIGNING = "consigning"
    CREATING_CLASS_INSTANCE = "creating_class_instance"
    CYCLE_COUNTING = "cycle_counting"
    DECOMMISSIONING = "decommissioning"
    DEPARTING = "departing"
    DESTROYING = "destroying"
    DISASSEMBLING = "disassembling"
    DISPENSING = "dispensing"
    ENCODING = "encoding"
    ENTERING_EXITING = "entering_exiting"
    HOLDING = "holding"
    INSPECTING = "inspecting"
    INSTALLING = "installing"
    KILLING = "killing"
    LOADING = "loading"
    OTHER = "other"
    PACKING = "packing"
    PICKING = "picking"
    RECEIVING = "receiving"
    REMOVING = "removing"
    REPACKAGING = "repackaging"
    REPAIRING = "repairing"
    REPLACING = "replacing"
    RESERVING = "reserving"
    RETAIL_SELLING = "retail_selling"
    SAMPLING = "sampling"
    SENSOR_REPORTING = "sensor_reporting"
    SHIPPING = "shipping"
    STAGING_OUTBOUND = "staging_outbound"
    STOCK_TAKING = "stock_taking"
    STOCKING = "stocking"
    STORING = "storing"
    TRANSPORTING = "transporting"
    UNLOADING = "unloading"
    UNPACKING = "unpacking"
    VOID_SHIPPING = "void_shipping"


class Disposition(StrEnum):
    """CBV 2.0, 7.2."""

    ACTIVE = "active"
    AVAILABLE = "available"
    COMPLETENESS_INFERRED = "completeness_inferred"
    COMPLETENESS_VERIFIED = "completeness_verified"
    CONFORMANT = "conformant"
    CONTAINER_CLOSED = "container_closed"
    CONTAINER_OPEN = "container_open"
    DAMAGED = "damaged"
    DESTROYED = "destroyed"
    DISPENSED = "dispensed"
    DISPOSED = "disposed"
    ENCODED = "encoded"
    EXPIRED = "expired"
    IN_PROGRESS = "in_progress"
    IN_TRANSIT = "in_transit"
    INACTIVE = "inactive"
    MISMATCH_CLASS = "mismatch_class"
    MISMATCH_INSTANCE = "mismatch_instance"
    MISMATCH_QUANTITY = "mismatch_quantity"
    NEEDS_REPLACEMENT = "needs_replacement"
    NO_PEDIGREE_MATCH = "no_pedigree_match"
    NON_CONFORMANT = "non_conformant"
    NON_SELLABLE_OTHER = "non_sellable_other"
    PARTIALLY_DISPENSED = "partially_dispensed"
    RECALLED = "recalled"
    RESERVED = "reserved"
    RETAIL_SOLD = "retail_sold"
    RETURNED = "returned"
    SELLABLE_ACCESSIBLE = "sellable_accessible"
    SELLABLE_NOT_ACCESSIBLE = "sellable_not_accessible"
    STOLEN = "stolen"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class BizTransactionType(StrEnum):
    """CBV 2.0, 7.3."""

    BOL = "bol"
    CERT = "cert"
    DESADV = "desadv"
    INV = "inv"
    PEDIGREE = "pedigree"
    PO = "po"
    POC = "poc"
    PRODORDER = "prodorder"
    RECADV = "recadv"
    RMA = "rma"
    TESTPRD = "testprd"
    TESTRES = "testres"
    UPEVT = "upevt"


class SourceDestType(StrEnum):
    """CBV 2.0, 7.4."""

    OWNING_PARTY = "owning_party"
    POSSESSING_PARTY = "possessing_party"
    LOCATION = "location"


class ErrorReason(StrEnum):
    """CBV 2.0, 7.5."""

    DID_NOT_OCCUR = "did_not_occur"
    INCORRECT_DATA = "incorrect_data"


class SensorComponent(StrEnum):
    """CBV 2.0, component of a sensor report."""

    X = "x"
    Y = "y"
    Z = "z"
    AXIAL_DISTANCE = "axial_distance"
    AZIMUTH = "azimuth"
    HEIGHT = "height"
    SPHERICAL_RADIUS = "spherical_radius"
    POLAR_ANGLE = "polar_angle"
    ELEVATION_ANGLE = "elevation_angle"
    EASTING = "easting"
    NORTHING = "northing"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    ALTITUDE = "altitude"


# Terms of the GS1 Web Vocabulary that EPCIS 2.0 uses bare in a sensor report.
SENSOR_EXCEPTIONS = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
# fmt: off
MEASUREMENT_TYPES = frozenset(
    {
        "AbsoluteHumidity", "AbsorbedDose", "AbsorbedDoseRate", "Acceleration", "Altitude",
        "AmountOfSubstance", "AmountOfSubstancePerUnitVolume", "Angle", "AngularAcceleration",
        "AngularMomentum", "AngularVelocity", "Area", "Capacitance", "Conductance", "Conductivity", "Count",
        "Density", "Dimensionless", "DoseEquivalent", "DoseEquivalentRate", "DynamicViscosity",
        "ElectricCharge", "ElectricCurrent", "ElectricCurrentDensity", "ElectricFieldStrength", "Energy",
        "Exposure", "Force", "Frequency", "Illuminance", "Inductance", "Irradiance", "KinematicViscosity",
        "Length", "LinearMomentum", "Luminance", "LuminousFlux", "LuminousIntensity", "MagneticFlux",
        "MagneticFluxDensity", "MagneticVectorPotential", "Mass", "MassConcentration", "MassFlowRate",
        "MassPerAreaTime", "MemoryCapacity", "MolalityOfSolute", "MolarEnergy", "MolarMass", "MolarVolume",
        "Power", "Pressure", "RadiantFlux", "RadiantIntensity", "Radioactivity", "RelativeHumidity",
        "Resistance", "Resistivity", "SolidAngle", "SpecificVolume", "Speed", "SurfaceDensity",
        "SurfaceTension", "Temperature", "Time", "Torque", "Voltage", "Volume", "VolumeFlowRate",
        "VolumeFraction", "VolumetricFlux", "Wavenumber",
    }
)
# fmt: on

# The web term is namespace, prefix, token; the older URN is kind, token (CBV 2.0, 7).
_PREFIX_OF: Mapping[type[StrEnum], tuple[str, str]] = {
    BizStep: ("BizStep-", "urn:epcglobal:cbv:bizstep:"),
    Disposition: ("Disp-", "urn:epcglobal:cbv:disp:"),
    BizTransactionType: ("BTT-", "urn:epcglobal:cbv:btt:"),
    SourceDestType: ("SDT-", "urn:epcglobal:cbv:sdt:"),
    ErrorReason: ("ER-", "urn:epcglobal:cbv:er:"),
    SensorComponent: ("Comp-", "urn:epcglobal:cbv:comp:"),
}
WEB_PREFIX_OF_URN: Mapping[str, str] = {urn: CBV_NAMESPACE + prefix for prefix, urn in _PREFIX_OF.values()}

Term = TypeVar("Term", bound=StrEnum)


def uri_of(term: StrEnum) -> str:
    """The full address of a CBV term: "https://ref.gs1.org/cbv/BizStep-shipping". KeyError for a word without one."""
    return f"{CBV_NAMESPACE}{_PREFIX_OF[type(term)][0]}{term.value}"


def find_term(vocabulary: type[Term], text: str) -> Term | None:
    """The term ``text`` names in any form EPCIS 2.0 allows, or None.

    Bare ("shipping"), CURIE ("cbv:BizStep-shipping"), web address, or the older URN.
    """
    prefix, urn = _PREFIX_OF[vocabulary]
    token = text
    for lead in (CBV_NAMESPACE + prefix, "cbv:" + prefix, urn):
        if text.startswith(lead):
            token = text[len(lead) :]
            break
    try:
        return vocabulary(token)
    except ValueError:
        return None


class Dimension(StrEnum):
    """What a unit measures."""

    MASS = "mass"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of UN/ECE Recommendation 20; ``factor`` times a quantity is kilograms or litres."""

    code: str
    dimension: Dimension
    factor: Decimal


UNITS: Mapping[str, Unit] = {
    unit.code: unit
    for unit in (
        Unit("MGM", Dimension.MASS, Decimal("0.000001")),
        Unit("GRM", Dimension.MASS, Decimal("0.001")),
        Unit("HGM", Dimension.MASS, Decimal("0.1")),  # lạng
        Unit("KGM", Dimension.MASS, Decimal(1)),
        Unit("DTN", Dimension.MASS, Decimal(100)),  # tạ
        Unit("TNE", Dimension.MASS, Decimal(1000)),
        Unit("MLT", Dimension.VOLUME, Decimal("0.001")),
        Unit("CLT", Dimension.VOLUME, Decimal("0.01")),
        Unit("DLT", Dimension.VOLUME, Decimal("0.1")),
        Unit("LTR", Dimension.VOLUME, Decimal(1)),
        Unit("HLT", Dimension.VOLUME, Decimal(100)),
        Unit("MTQ", Dimension.VOLUME, Decimal(1000)),
    )
}


def are_comparable(one: str | None, other: str | None) -> bool:
    """Whether two quantities in these units can be added: the same unit, or both mass, or both volume.

    None is a count; counts compare with counts only.
    """
    if one == other:
        return True
    first, second = UNITS.get(one or ""), UNITS.get(other or "")
    return first is not None and second is not None and first.dimension is second.dimension


def convert(quantity: Decimal, uom: str | None, to: str | None) -> Decimal:
    """``quantity`` of ``uom`` in the unit ``to``, exactly. ValueError when the two cannot be compared."""
    if uom == to:
        return quantity
    if not are_comparable(uom, to):
        raise ValueError(f"{uom} cannot be converted to {to}")
    return quantity * UNITS[uom or ""].factor / UNITS[to or ""].factor


# Temperatures do not scale from zero: each unit's own zero comes first, then its degree, in °C.
_TEMPERATURES: Mapping[str, tuple[Decimal, Decimal, Decimal]] = {
    "CEL": (Decimal(0), Decimal(1), Decimal(1)),
    "FAH": (Decimal(32), Decimal(5), Decimal(9)),
    "KEL": (Decimal("273.15"), Decimal(1), Decimal(1)),
}
TEMPERATURE_UNITS = frozenset(_TEMPERATURES)


def to_celsius(temperature: Decimal, uom: str) -> Decimal:
    """A temperature in °C from CEL, FAH or KEL, to six decimals. ValueError for any other unit."""
    if uom not in _TEMPERATURES:
        raise ValueError(f"{uom} is no unit of temperature")
    zero, numerator, denominator = _TEMPERATURES[uom]
    return ((temperature - zero) * numerator / denominator).quantize(Decimal("0.000001"))
