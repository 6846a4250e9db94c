//! 바나나전자: phones, tablets, watches, laptops and what charges them.

use super::{Category, DemoProduct, option};

pub(super) static PRODUCTS: [DemoProduct; 20] = [
    DemoProduct {
        slug: "haneul-phone-12",
        name: "하늘 폰 12",
        description: "6.1인치 화면과 종일 쓰는 배터리를 담은 하늘의 대표 스마트폰입니다. \
            손에 착 감기는 크기라 한 손으로 쓰기 좋습니다.",
        category: Category::Phone,
        options: &[
            option("새벽 블루 / 128GB", 890_000, 180),
            option("새벽 블루 / 256GB", 990_000, 140),
            option("구름 화이트 / 128GB", 890_000, 160),
            option("구름 화이트 / 256GB", 990_000, 120),
        ],
    },
    DemoProduct {
        slug: "haneul-phone-12-plus",
        name: "하늘 폰 12 플러스",
        description: "6.7인치 대화면에 5배 광학 줌 카메라를 더했습니다. \
            멀리 있는 무대도 또렷하게 담아 보세요.",
        category: Category::Phone,
        options: &[
            option("밤하늘 블랙 / 256GB", 1_290_000, 110),
            option("밤하늘 블랙 / 512GB", 1_450_000, 70),
            option("노을 골드 / 512GB", 1_450_000, 3),
        ],
    },
    DemoProduct {
        slug: "haneul-phone-mini",
        name: "하늘 폰 미니",
        description: "주머니에 쏙 들어가는 5.4인치 스마트폰입니다. \
            작아도 방수와 무선 충전은 그대로입니다.",
        category: Category::Phone,
        options: &[
            option("민트 / 128GB", 690_000, 150),
            option("라벤더 / 128GB", 690_000, 130),
            option("차콜 / 256GB", 770_000, 90),
        ],
    },
    DemoProduct {
        slug: "noeul-phone-3",
        name: "노을 폰 3",
        description: "꼭 필요한 기능만 담은 실속형 스마트폰입니다. \
            부모님 첫 스마트폰이나 업무용 서브폰으로 알맞습니다.",
        category: Category::Phone,
        options: &[
            option("그라파이트 / 64GB", 329_000, 320),
            option("그라파이트 / 128GB", 379_000, 260),
            option("코랄 / 128GB", 379_000, 210),
        ],
    },
    DemoProduct {
        slug: "mulgyeol-pad-11",
        name: "물결 패드 11",
        description: "얇고 가벼운 11인치 태블릿입니다. \
            강의 필기부터 침대 위 영화 한 편까지 편안하게 즐길 수 있습니다.",
        category: Category::Tablet,
        options: &[
            option("실버 / 128GB", 549_000, 170),
            option("실버 / 256GB", 649_000, 120),
            option("네이비 / 128GB", 549_000, 140),
        ],
    },
    DemoProduct {
        slug: "mulgyeol-pad-13-studio",
        name: "물결 패드 13 스튜디오",
        description: "13인치 120Hz 화면과 필압 4,096단계 펜이 함께 들어 있습니다. \
            그림 작업과 악보 보기에 잘 맞습니다.",
        category: Category::Tablet,
        options: &[
            option("256GB / 펜 포함", 1_090_000, 80),
            option("512GB / 펜 포함", 1_290_000, 60),
            option("512GB / 펜·키보드 포함", 1_490_000, 50),
        ],
    },
    DemoProduct {
        slug: "mulgyeol-pad-8-kids",
        name: "물결 패드 8 키즈",
        description: "떨어뜨려도 안심인 완충 케이스와 보호자 사용 시간 설정을 갖춘 어린이용 8인치 \
            태블릿입니다.",
        category: Category::Tablet,
        options: &[
            option("병아리 옐로 / 64GB", 259_000, 220),
            option("청개구리 그린 / 64GB", 259_000, 200),
        ],
    },
    DemoProduct {
        slug: "jjaekkak-watch-2",
        name: "째깍 워치 2",
        description: "심박과 수면을 하루 종일 살펴 주는 스마트워치입니다. \
            한 번 충전으로 최대 5일 동안 쓸 수 있습니다.",
        category: Category::Watch,
        options: &[
            option("40mm / 크림", 289_000, 190),
            option("40mm / 블랙", 289_000, 210),
            option("44mm / 블랙", 319_000, 180),
        ],
    },
    DemoProduct {
        slug: "jjaekkak-run",
        name: "째깍 런",
        description: "달리기 기록과 경로를 손목에서 바로 확인하는 GPS 러닝 워치입니다. \
            수심 50m 방수를 지원합니다.",
        category: Category::Watch,
        options: &[
            option("오렌지 밴드", 199_000, 240),
            option("그레이 밴드", 199_000, 260),
        ],
    },
    DemoProduct {
        slug: "jjaekkak-classic",
        name: "째깍 클래식",
        description: "둥근 스테인리스 케이스에 소가죽 밴드를 두른 정장용 스마트워치입니다.",
        category: Category::Watch,
        options: &[
            option("실버 / 브라운 가죽", 389_000, 90),
            option("실버 / 블랙 가죽", 389_000, 100),
            option("로즈 골드 / 베이지 가죽", 409_000, 70),
        ],
    },
    DemoProduct {
        slug: "neoul-book-14",
        name: "너울북 14",
        description: "1.1kg 무게에 18시간 배터리를 담은 14인치 노트북입니다. \
            카페와 강의실을 오가는 하루에 충전기가 필요 없습니다.",
        category: Category::Laptop,
        options: &[
            option("16GB / 512GB", 1_390_000, 120),
            option("16GB / 1TB", 1_540_000, 90),
            option("32GB / 1TB", 1_790_000, 60),
        ],
    },
    DemoProduct {
        slug: "neoul-book-16-creator",
        name: "너울북 16 크리에이터",
        description: "색 정확도를 맞춘 16인치 OLED 화면과 외장 그래픽을 갖췄습니다. \
            영상 편집과 3D 작업도 막힘이 없습니다.",
        category: Category::Laptop,
        options: &[
            option("32GB / 1TB", 2_190_000, 70),
            option("64GB / 2TB", 2_490_000, 50),
        ],
    },
    DemoProduct {
        slug: "neoul-book-13-lite",
        name: "너울북 13 라이트",
        description: "문서 작업과 온라인 수업에 알맞은 13인치 노트북입니다. \
            팬이 없어 도서관에서도 조용합니다.",
        category: Category::Laptop,
        options: &[
            option("은하 실버 / 8GB / 256GB", 790_000, 160),
            option("은하 실버 / 16GB / 512GB", 940_000, 130),
            option("복숭아 핑크 / 16GB / 512GB", 940_000, 110),
        ],
    },
    DemoProduct {
        slug: "sokdak-ear-2",
        name: "속닥 이어 2",
        description: "주변 소음을 줄여 주는 무선 이어폰입니다. \
            케이스와 함께 최대 30시간 동안 들을 수 있습니다.",
        category: Category::Earbuds,
        options: &[
            option("화이트", 149_000, 300),
            option("블랙", 149_000, 280),
            option("스카이", 149_000, 190),
        ],
    },
    DemoProduct {
        slug: "sokdak-ear-lite",
        name: "속닥 이어 라이트",
        description: "한쪽 4g의 가벼운 무선 이어폰입니다. \
            통화용 마이크가 두 개씩 들어 있어 목소리가 또렷합니다.",
        category: Category::Earbuds,
        options: &[option("화이트", 59_000, 420), option("민트", 59_000, 350)],
    },
    DemoProduct {
        slug: "deundeun-charger-20w",
        name: "든든 미니 충전기 20W",
        description: "동전만 한 크기의 접이식 플러그 충전기입니다. \
            스마트폰을 30분에 절반까지 채웁니다.",
        category: Category::Charger,
        options: &[
            option("화이트", 9_900, 500),
            option("블랙", 9_900, 480),
            option("화이트 / 1m 케이블 포함", 14_900, 400),
        ],
    },
    DemoProduct {
        slug: "deundeun-charger-65w",
        name: "든든 듀얼 충전기 65W",
        description: "노트북과 스마트폰을 한 번에 충전하는 USB-C 2구 고속 충전기입니다.",
        category: Category::Charger,
        options: &[option("화이트", 39_900, 340), option("블랙", 39_900, 310)],
    },
    DemoProduct {
        slug: "deundeun-charger-140w",
        name: "든든 데스크 충전기 140W",
        description: "고성능 노트북까지 거뜬한 USB-C 3구, USB-A 1구 충전기입니다. \
            과열되면 스스로 출력을 낮춥니다.",
        category: Category::Charger,
        options: &[
            option("블랙", 89_000, 150),
            option("블랙 / 240W 케이블 포함", 104_000, 110),
        ],
    },
    DemoProduct {
        slug: "chaeum-10000",
        name: "채움 보조배터리 10000",
        description: "손바닥 크기에 10,000mAh를 담았습니다. \
            남은 용량을 불빛 네 칸으로 알려 줍니다.",
        category: Category::PowerBank,
        options: &[
            option("아이보리", 29_900, 380),
            option("블랙", 29_900, 360),
            option("라일락", 29_900, 270),
        ],
    },
    DemoProduct {
        slug: "chaeum-20000",
        name: "채움 보조배터리 20000",
        description: "노트북도 충전하는 최대 45W 출력의 대용량 보조배터리입니다. \
            기내 반입 기준에 맞는 74Wh 제품입니다.",
        category: Category::PowerBank,
        options: &[option("블랙", 59_900, 230), option("네이비", 59_900, 200)],
    },
];
