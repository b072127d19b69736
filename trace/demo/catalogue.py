"""Who is in the demo and what they make: firms that do not exist, in communes that do.

Every name says that it is an example; no tax code, telephone number, street or decision number here is anybody's.
What happens to their goods is in ``stories``.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from producers.models import ExpiryKind
from trace.accounts.models import OrganisationKind
from trace.batches.models import DateKind

USE_BY, BEST_BEFORE, NONE = ExpiryKind.USE_BY, ExpiryKind.BEST_BEFORE, ExpiryKind.NONE
PRODUCER, PROCESSOR = OrganisationKind.PRODUCER, OrganisationKind.PROCESSOR
CARRIER, SHOP, KITCHEN = OrganisationKind.CARRIER, OrganisationKind.SHOP, OrganisationKind.KITCHEN


@dataclass(frozen=True)
class DemoProduct:
    """One product; ``certificates`` are (stars, months since the decision): past 36 they have lapsed."""

    key: str
    picture: str
    name: str
    ocop_set: int
    unit: str  # "kg", "lít", or what is counted
    expiry_kind: ExpiryKind
    shelf_life_days: int | None = None
    net_content: str = ""
    brand: str = ""
    second_unit: tuple[str, str] | None = None  # (word, usual weight in kg)
    loss_percent: str = "0"
    standards: tuple[str, ...] = ()
    has_commitment: bool = False
    certificates: tuple[tuple[int, int], ...] = ()
    is_harvested: bool = False
    gtin: str | None = None  # of 952, the numbers GS1 keeps for examples

    @property
    def measure(self) -> str | None:
        return {"kg": "KGM", "lít": "LTR"}.get(self.unit)

    @property
    def usual_weight(self) -> Decimal | None:
        return Decimal(self.second_unit[1]) if self.second_unit else None

    @property
    def date_kind(self) -> DateKind:
        return DateKind.HARVEST if self.is_harvested else DateKind.PRODUCTION


@dataclass(frozen=True)
class DemoOrganisation:
    """One organisation with its place; ``person`` is whose sign-in is printed, None for the rest."""

    key: str
    kind: OrganisationKind
    name: str
    commune_code: str
    address: str
    description: str = ""
    person: str | None = None
    is_named_publicly: bool = False
    products: tuple[DemoProduct, ...] = field(default=())


VIETGAP = ("VietGAP TCVN 11892-1:2017",)
ORGANIC = ("Hữu cơ TCVN 11041-2:2017",)


def in_house(number: int) -> tuple[str, ...]:
    """A maker's own standard, which the circular accepts as item 10."""
    return (f"Tiêu chuẩn cơ sở TCCS {number:02d}:2025/VD",)


PRODUCERS = (
    DemoOrganisation(
        "rau", PRODUCER, "HTX Rau hữu cơ Ví Dụ", "00376", "Thôn Mẫu",
        "Rau trồng luân canh trên 6 ha, cắt lúc sáng sớm, giao trong ngày.", "Nguyễn Thị Mẫu", True,
        (
            DemoProduct("cai", "greens", "Cải ngọt hữu cơ", 1, "kg", USE_BY, 3, "Bó 500 g", loss_percent="5",
                        standards=ORGANIC, second_unit=("bó", "0.5"), certificates=((4, 10),), is_harvested=True),
            DemoProduct("suhao", "kohlrabi", "Su hào", 1, "kg", USE_BY, 7, loss_percent="3",
                        has_commitment=True, second_unit=("củ", "0.4"), is_harvested=True),
            # Neither picture nor standard yet: what a draft looks like before its label may be printed.
            DemoProduct("bidao", "", "Bí đao", 1, "kg", USE_BY, 15, is_harvested=True),
            DemoProduct("cachua", "tomato", "Cà chua", 1, "kg", USE_BY, 8, loss_percent="4",
                        standards=ORGANIC, certificates=((3, 39),), is_harvested=True),
        ),
    ),
    DemoOrganisation(
        "buoi", PRODUCER, "Tổ hợp tác Bưởi Minh Họa", "10030", "Xóm Vườn",
        "Bưởi Diễn cây trên mười năm, bọc quả từ tháng bảy.", is_named_publicly=True,
        products=(
            DemoProduct("buoi", "pomelo", "Bưởi Diễn", 1, "quả", BEST_BEFORE, 45, standards=VIETGAP,
                        certificates=((4, 20),), is_harvested=True),
            DemoProduct("cam", "orange", "Cam Canh", 1, "kg", BEST_BEFORE, 15, loss_percent="3", standards=VIETGAP,
                        second_unit=("quả", "0.12"), certificates=((3, 34),), is_harvested=True),
        ),
    ),
    DemoOrganisation(
        "ga", PRODUCER, "Trang trại Gà đồi Thử Nghiệm", "09700", "Đồi Giả Định",
        "Gà thả đồi, nuôi trên 150 ngày.",
        products=(
            DemoProduct("ga", "hen", "Gà đồi làm sẵn", 2, "kg", USE_BY, 5, loss_percent="1", has_commitment=True,
                        second_unit=("con", "1.8"), certificates=((4, 8),)),
            DemoProduct("trung", "eggs", "Trứng gà thả đồi", 2, "quả", BEST_BEFORE, 30, "Vỉ 10 quả",
                        standards=VIETGAP, certificates=((3, 15),), is_harvested=True),
        ),
    ),
    DemoOrganisation(
        "sua", PRODUCER, "HTX Bò sữa Bản Mẫu", "09706", "Thôn Cỏ",
        "Sữa của 40 hộ, thu hai lần mỗi ngày, thanh trùng tại chỗ.",
        products=(
            DemoProduct("sua", "milk", "Sữa tươi thanh trùng", 8, "chai", USE_BY, 7, "900 ml", "Sữa Bản Mẫu",
                        standards=in_house(1), certificates=((5, 12),)),
            DemoProduct("suachua", "yoghurt", "Sữa chua nếp cẩm", 8, "hộp", USE_BY, 21, "120 g", "Sữa Bản Mẫu",
                        standards=in_house(2), certificates=((4, 26),)),
        ),
    ),
    DemoOrganisation(
        "che", PRODUCER, "HTX Chè Đồi Làm Thử", "09694", "Đồi 1",
        products=(
            DemoProduct("che", "tea", "Chè xanh một tôm hai lá", 11, "túi", BEST_BEFORE, 540, "200 g",
                        standards=in_house(3), certificates=((4, 5),)),
        ),
    ),
    DemoOrganisation(
        "com", PRODUCER, "Hộ làm cốm Giả Định", "00592", "Ngõ Sen",
        "Cốm nếp cái hoa vàng, giã tay, gói lá sen.",
        products=(
            DemoProduct("com", "young_rice", "Cốm non", 6, "kg", USE_BY, 2, "Gói 500 g", loss_percent="2",
                        has_commitment=True, second_unit=("gói", "0.5"), certificates=((4, 18),)),
            DemoProduct("chacom", "patties", "Chả cốm", 8, "túi", USE_BY, 10, "500 g", standards=in_house(4)),
        ),
    ),
    DemoOrganisation(
        "mien", PRODUCER, "Cơ sở Miến dong Ước Chừng", "09856", "Xóm Phơi",
        products=(
            DemoProduct("mien", "noodles", "Miến dong", 6, "túi", BEST_BEFORE, 365, "500 g",
                        standards=in_house(5), certificates=((3, 30),)),
        ),
    ),
    DemoOrganisation(
        "nam", PRODUCER, "HTX Nấm Bài Tập", "00430", "Khu nhà lán",
        products=(
            DemoProduct("nam", "mushroom", "Nấm sò tươi", 1, "kg", USE_BY, 4, "Khay 300 g", loss_percent="6",
                        standards=VIETGAP, second_unit=("khay", "0.3"), certificates=((3, 3),), is_harvested=True),
        ),
    ),
    DemoOrganisation(
        "mat", PRODUCER, "Tổ ong mật Phỏng Dụ", "10489", "Thôn Nhãn",
        products=(
            DemoProduct("mat", "honey", "Mật ong hoa nhãn", 4, "chai", BEST_BEFORE, 730, "500 ml",
                        standards=in_house(6), certificates=((4, 40), (4, 2)), gtin="09521234543213"),
            DemoProduct("matkhoi", "honey", "Mật ong đóng can", 4, "lít", BEST_BEFORE, 730,
                        standards=in_house(6)),
        ),
    ),
    DemoOrganisation(
        "sen", PRODUCER, "Hộ ướp trà sen Ngày Mai", "00103", "Ngõ Đầm",
        products=(
            DemoProduct("trasen", "lotus", "Trà ướp sen", 11, "hộp", BEST_BEFORE, 365, "100 g",
                        standards=in_house(7), certificates=((5, 7),)),
        ),
    ),
    DemoOrganisation(
        "tuong", PRODUCER, "Cơ sở Tương nếp Ngày Xửa", "09616", "Xóm Chum",
        products=(
            DemoProduct("tuong", "sauce", "Tương nếp", 9, "chai", BEST_BEFORE, 365, "500 ml",
                        standards=in_house(8), certificates=((4, 22),)),
        ),
    ),
    DemoOrganisation(
        "banh", PRODUCER, "Cơ sở Bánh chè lam Giấy Nháp", "09955", "Ngõ Cổng",
        products=(
            DemoProduct("chelam", "cake", "Bánh chè lam", 6, "hộp", BEST_BEFORE, 90, "300 g",
                        standards=in_house(9), certificates=((3, 14),)),
            DemoProduct("keolac", "candy", "Kẹo lạc", 7, "túi", BEST_BEFORE, 180, "250 g", standards=in_house(10)),
        ),
    ),
    DemoOrganisation(
        "gao", PRODUCER, "HTX Gạo nếp Tưởng Tượng", "00466", "Thôn Lúa",
        products=(
            DemoProduct("gao", "rice", "Gạo nếp cái hoa vàng", 3, "túi", BEST_BEFORE, 180, "5 kg",
                        standards=VIETGAP, certificates=((4, 16),)),
            DemoProduct("khoai", "sweet_potato", "Khoai lang", 1, "kg", BEST_BEFORE, 30, loss_percent="4",
                        has_commitment=True, second_unit=("củ", "0.25"), is_harvested=True),
        ),
    ),
    DemoOrganisation(
        "may", PRODUCER, "Tổ mây tre đan Bản Vẽ", "10030", "Xóm Tre",
        products=(
            DemoProduct("gio", "basket", "Giỏ mây", 21, "cái", NONE, standards=in_house(11),
                        certificates=((4, 11),)),
            DemoProduct("khay", "lacquer", "Khay sơn mài", 21, "cái", NONE, brand="Bản Vẽ",
                        standards=in_house(12)),
        ),
    ),
    DemoOrganisation(
        "dau", PRODUCER, "Cơ sở Tinh dầu Hư Cấu", "09988", "Đồi Sả",
        products=(
            DemoProduct("tinhdau", "oil", "Tinh dầu sả", 20, "chai", BEST_BEFORE, 720, "10 ml",
                        standards=in_house(13), certificates=((3, 9),)),
        ),
    ),
    DemoOrganisation(
        "gio", PROCESSOR, "Xưởng Giò chả Diễn Tập", "10180", "Cụm xưởng 1",
        "Giò gói lá chuối, luộc hai lần mỗi ngày.", "Trần Văn Thử",
        products=(
            DemoProduct("giolua", "sausage", "Giò lụa", 8, "kg", USE_BY, 7, "Cây 1 kg", loss_percent="1",
                        standards=in_house(14), second_unit=("cây", "1"), certificates=((4, 6),)),
        ),
    ),
    DemoOrganisation(
        "soche", PROCESSOR, "Xưởng sơ chế rau Thí Điểm", "00454", "Kho số 2",
        products=(
            DemoProduct("salad", "salad", "Rau trộn rửa sẵn", 7, "hộp", USE_BY, 4, "200 g",
                        standards=in_house(15)),
        ),
    ),
)  # fmt: skip

CARRIERS = (
    DemoOrganisation("xe", CARRIER, "Vận tải lạnh Ví Dụ", "00331", "Bãi xe số 3", person="Lê Văn Mẫu"),
    DemoOrganisation("kho", CARRIER, "Kho phân phối Minh Họa", "00640", "Kho A"),
)

KITCHENS = (
    DemoOrganisation(
        "bep1", KITCHEN, "Bếp ăn trường Tiểu học Ví Dụ", "00166", "Cổng sau", person="Phạm Thị Thử"
    ),
    DemoOrganisation("bep2", KITCHEN, "Bếp mầm non Minh Họa", "09556", "Nhà bếp"),
    DemoOrganisation("bep3", KITCHEN, "Bếp công nhân Thử Nghiệm", "00475", "Lô bếp 5"),
)

_SHOP_PLACES = (
    ("00004", "Ba Đình"), ("00070", "Hoàn Kiếm"), ("00103", "Tây Hồ"), ("00118", "Bồ Đề"), ("00145", "Long Biên"),
    ("00160", "Nghĩa Đô"), ("00166", "Cầu Giấy"), ("00175", "Yên Hòa"), ("00190", "Ô Chợ Dừa"), ("00199", "Láng"),
    ("00229", "Kim Liên"), ("00235", "Đống Đa"), ("00256", "Hai Bà Trưng"), ("00283", "Vĩnh Tuy"),
    ("00292", "Bạch Mai"), ("00322", "Tương Mai"), ("00331", "Hoàng Mai"), ("00340", "Yên Sở"),
    ("00367", "Thanh Xuân"), ("00602", "Đông Ngạc"), ("00637", "Đại Mỗ"), ("09556", "Hà Đông"),
    ("09574", "Sơn Tây"), ("00454", "Đông Anh"), ("00565", "Gia Lâm"),
)  # fmt: skip
_SHOP_SIGNS = ("Cửa hàng nông sản Ví Dụ", "Siêu thị Minh Họa", "Quầy thực phẩm Thử Nghiệm", "Tạp hóa Bản Mẫu")

SHOPS = tuple(
    DemoOrganisation(
        f"shop{number}",
        SHOP,
        f"{_SHOP_SIGNS[number % len(_SHOP_SIGNS)]} {place}",
        code,
        f"Số {number} phố Ví Dụ",
        person="Hoàng Thị Mẫu" if number == 1 else None,
        # Shops with a sign on the street are shown by name; the others by kind and commune.
        is_named_publicly=number % 3 == 1,
    )
    for number, (code, place) in enumerate(_SHOP_PLACES, start=1)
)

AUTHORITY = DemoOrganisation(
    "authority", OrganisationKind.AUTHORITY, "Cơ quan quản lý Ví Dụ", "00070", "Số 1 phố Mẫu",
    "Cơ quan không có thật, để thử các việc duyệt và thu hồi.", "Vũ Thị Thử",
)  # fmt: skip

# Not let in yet: one waits, one looks like another (name and telephone), one has to add something.
WAITING = DemoOrganisation(
    "waiting", PRODUCER, "HTX Hoa Lần Đầu", "00613", "Xóm Hoa", "Hoa cúc, hoa hồng cắt cành.", "Đỗ Thị Chờ",
    products=(DemoProduct("hoacuc", "", "Hoa cúc vàng", 23, "bó", NONE, standards=in_house(16), is_harvested=True),),
)  # fmt: skip
LOOK_ALIKE = DemoOrganisation("alike", PRODUCER, "Hợp tác xã rau hữu cơ Ví Dụ", "00376", "Thôn Mẫu")
NEEDS_CHANGES = DemoOrganisation("changes", SHOP, "Cửa hàng Thiếu Giấy", "00097", "")
CHANGES_NOTE = "Ghi thêm số nhà, tên phố của cửa hàng."
