//! 유자컴퓨터: what goes on a desk, for work and for play.

use super::{Category, DemoProduct, option};

pub(super) static PRODUCTS: [DemoProduct; 20] = [
    DemoProduct {
        slug: "byeorak-laptop-17",
        name: "벼락 게이밍 노트북 17",
        description: "17인치 240Hz 화면과 넉넉한 냉각 설계로 최신 게임을 부드럽게 돌립니다.",
        category: Category::Laptop,
        options: &[
            option("16GB / 1TB", 1_990_000, 80),
            option("32GB / 1TB", 2_190_000, 60),
            option("32GB / 2TB", 2_390_000, 50),
        ],
    },
    DemoProduct {
        slug: "hangyeol-laptop-15",
        name: "한결 오피스 노트북 15",
        description: "숫자 키패드와 넓은 15.6인치 화면을 갖춘 사무용 노트북입니다. \
            지문 인식 전원 버튼으로 바로 로그인합니다.",
        category: Category::Laptop,
        options: &[
            option("8GB / 256GB", 690_000, 180),
            option("16GB / 512GB", 840_000, 150),
        ],
    },
    DemoProduct {
        slug: "saessak-laptop-14",
        name: "새싹 스터디 노트북 14",
        description: "인터넷 강의와 과제에 딱 맞는 학생용 노트북입니다. \
            180도로 펼쳐지는 힌지로 친구와 함께 보기 좋습니다.",
        category: Category::Laptop,
        options: &[
            option("그레이 / 8GB / 256GB", 590_000, 200),
            option("그린 / 8GB / 256GB", 590_000, 140),
            option("그레이 / 16GB / 512GB", 720_000, 120),
        ],
    },
    DemoProduct {
        slug: "maru-view-24",
        name: "마루뷰 24",
        description: "눈이 편한 무깜빡임 백라이트의 24인치 FHD 모니터입니다. \
            재택근무의 두 번째 화면으로 추천합니다.",
        category: Category::Monitor,
        options: &[
            option("기본 스탠드", 149_000, 260),
            option("높낮이 조절 스탠드", 179_000, 190),
        ],
    },
    DemoProduct {
        slug: "maru-view-27-4k",
        name: "마루뷰 27 4K",
        description: "글자까지 선명한 27인치 4K IPS 모니터입니다. \
            USB-C 케이블 하나로 화면과 90W 충전을 함께 해결합니다.",
        category: Category::Monitor,
        options: &[
            option("높낮이 조절 스탠드", 529_000, 120),
            option("모니터 암 포함", 589_000, 80),
        ],
    },
    DemoProduct {
        slug: "maru-wide-34",
        name: "마루 와이드 34",
        description: "창 세 개를 나란히 띄우는 34인치 21:9 커브드 모니터입니다.",
        category: Category::Monitor,
        options: &[option("화이트", 649_000, 70), option("블랙", 649_000, 90)],
    },
    DemoProduct {
        slug: "byeorak-view-27",
        name: "벼락뷰 27 게이밍",
        description: "응답 속도 1ms, 주사율 280Hz의 QHD 게이밍 모니터입니다. \
            빠른 장면도 잔상 없이 따라갑니다.",
        category: Category::Monitor,
        options: &[
            option("QHD 280Hz", 459_000, 130),
            option("QHD 280Hz / 2년 추가 보증", 489_000, 100),
        ],
    },
    DemoProduct {
        slug: "ttogak-87",
        name: "또각 87 기계식 키보드",
        description: "손끝에 또각또각 전해지는 텐키리스 기계식 키보드입니다. \
            키캡은 오래 써도 번들거리지 않는 PBT입니다.",
        category: Category::Keyboard,
        options: &[
            option("갈축 / 화이트", 89_000, 220),
            option("적축 / 화이트", 89_000, 240),
            option("청축 / 네이비", 89_000, 150),
        ],
    },
    DemoProduct {
        slug: "ttogak-104",
        name: "또각 104 풀배열 키보드",
        description: "숫자 키까지 갖춘 풀배열 기계식 키보드입니다. \
            스위치를 뽑아 바꿀 수 있는 핫스왑을 지원합니다.",
        category: Category::Keyboard,
        options: &[
            option("갈축", 109_000, 170),
            option("적축", 109_000, 190),
            option("저소음 적축", 119_000, 160),
        ],
    },
    DemoProduct {
        slug: "ttogak-slim-75",
        name: "또각 슬림 75 무선 키보드",
        description: "높이 17mm의 얇은 무선 키보드입니다. 기기 세 대를 버튼 하나로 오가며 씁니다.",
        category: Category::Keyboard,
        options: &[
            option("크림", 79_000, 200),
            option("다크 그레이", 79_000, 210),
        ],
    },
    DemoProduct {
        slug: "doran-silent",
        name: "도란 무소음 키보드",
        description: "독서실에서도 눈치 보이지 않는 무소음 키보드입니다. \
            물을 쏟아도 흘려보내는 생활 방수 설계입니다.",
        category: Category::Keyboard,
        options: &[
            option("유선 / 블랙", 24_900, 400),
            option("무선 / 블랙", 34_900, 330),
            option("무선 / 화이트", 34_900, 310),
        ],
    },
    DemoProduct {
        slug: "sallang-wireless",
        name: "살랑 무선 마우스",
        description: "62g의 가벼운 무선 마우스입니다. \
            클릭 소리를 줄여 사무실에서도 편하게 쓸 수 있습니다.",
        category: Category::Mouse,
        options: &[
            option("화이트", 29_900, 360),
            option("그레이", 29_900, 340),
            option("핑크", 29_900, 250),
        ],
    },
    DemoProduct {
        slug: "sallang-vertical",
        name: "살랑 버티컬 마우스",
        description: "악수하듯 쥐어 손목 부담을 덜어 주는 인체공학 마우스입니다. \
            손 크기에 맞춰 고르세요.",
        category: Category::Mouse,
        options: &[
            option("소형 / 블랙", 49_900, 180),
            option("중형 / 블랙", 49_900, 230),
            option("중형 / 왼손용", 54_900, 80),
        ],
    },
    DemoProduct {
        slug: "byeorak-mouse-8k",
        name: "벼락 게이밍 마우스 8K",
        description: "초당 8,000번 위치를 알리는 유무선 겸용 게이밍 마우스입니다. \
            무게는 단 54g입니다.",
        category: Category::Mouse,
        options: &[option("블랙", 119_000, 140), option("화이트", 119_000, 130)],
    },
    DemoProduct {
        slug: "daram-mini-mouse",
        name: "다람 미니 마우스",
        description: "가방 앞주머니에 쏙 들어가는 휴대용 마우스입니다. \
            건전지 하나로 1년 동안 씁니다.",
        category: Category::Mouse,
        options: &[
            option("도토리 브라운", 12_900, 450),
            option("아이보리", 12_900, 430),
            option("블루", 12_900, 390),
        ],
    },
    DemoProduct {
        slug: "gotgan-ssd-mini",
        name: "곳간 미니 외장 SSD",
        description: "신용카드보다 작은 초고속 외장 SSD입니다. \
            4K 영상 한 편을 몇 초 만에 옮깁니다.",
        category: Category::Storage,
        options: &[
            option("500GB", 89_000, 260),
            option("1TB", 139_000, 240),
            option("2TB", 239_000, 150),
        ],
    },
    DemoProduct {
        slug: "gotgan-ssd-tough",
        name: "곳간 터프 외장 SSD",
        description: "3m 낙하와 먼지, 물튐을 견디는 야외용 외장 SSD입니다. \
            촬영 현장에서 믿고 쓰세요.",
        category: Category::Storage,
        options: &[
            option("1TB", 169_000, 160),
            option("2TB", 279_000, 110),
            option("4TB", 499_000, 60),
        ],
    },
    DemoProduct {
        slug: "gotgan-hdd",
        name: "곳간 휴대용 외장하드",
        description: "사진과 백업을 넉넉하게 담아 두는 2.5인치 외장하드입니다. \
            비밀번호 잠금을 지원합니다.",
        category: Category::Storage,
        options: &[
            option("1TB", 79_000, 280),
            option("2TB", 99_000, 300),
            option("5TB", 189_000, 120),
        ],
    },
    DemoProduct {
        slug: "nolteo-pocket",
        name: "놀터 포켓",
        description: "7인치 화면으로 어디서나 즐기는 휴대용 게임기입니다. \
            집에서는 거치대에 꽂아 TV로 이어서 하세요.",
        category: Category::Console,
        options: &[
            option("256GB", 499_000, 110),
            option("512GB", 579_000, 90),
            option("512GB / 거치대 포함", 629_000, 70),
        ],
    },
    DemoProduct {
        slug: "nolteo-pocket-mini",
        name: "놀터 포켓 미니 한정판",
        description: "투명한 외장으로 옛 감성을 살린 손바닥 크기의 한정판 게임기입니다.",
        category: Category::Console,
        options: &[
            option("투명 퍼플", 259_000, 0),
            option("투명 그린", 259_000, 0),
        ],
    },
];
