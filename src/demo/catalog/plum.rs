//! 자두가전: sound, pictures and air at home.

use super::{Category, DemoProduct, option};

pub(super) static PRODUCTS: [DemoProduct; 20] = [
    DemoProduct {
        slug: "ullim-studio",
        name: "울림 스튜디오 헤드폰",
        description: "녹음실의 소리를 있는 그대로 들려주는 유선 모니터링 헤드폰입니다. \
            이어패드와 케이블을 바꿔 끼울 수 있습니다.",
        category: Category::Headphones,
        options: &[
            option("기본 구성", 189_000, 130),
            option("예비 이어패드 포함", 219_000, 90),
        ],
    },
    DemoProduct {
        slug: "ullim-quiet",
        name: "울림 콰이어트 헤드폰",
        description: "비행기 소음도 잠재우는 노이즈 캔슬링 무선 헤드폰입니다. \
            최대 40시간 동안 음악이 이어집니다.",
        category: Category::Headphones,
        options: &[
            option("블랙", 349_000, 160),
            option("샌드", 349_000, 120),
            option("미드나이트 그린", 359_000, 3),
        ],
    },
    DemoProduct {
        slug: "ullim-kids",
        name: "울림 키즈 헤드폰",
        description: "귀를 지켜 주는 85dB 음량 제한 헤드폰입니다. \
            친구와 나란히 듣도록 이어폰 단자가 하나 더 있습니다.",
        category: Category::Headphones,
        options: &[
            option("딸기 핑크", 39_900, 270),
            option("하늘 블루", 39_900, 290),
        ],
    },
    DemoProduct {
        slug: "ullim-desk",
        name: "울림 데스크 스피커",
        description: "책상 위에 두기 좋은 2채널 PC 스피커입니다. \
            앞면 다이얼로 음량을 바로 조절합니다.",
        category: Category::Speaker,
        options: &[option("블랙", 69_000, 230), option("우드", 79_000, 170)],
    },
    DemoProduct {
        slug: "ullim-shelf-5",
        name: "울림 북셸프 5",
        description: "5인치 우퍼와 실크 돔 트위터를 갖춘 액티브 북셸프 스피커입니다. \
            턴테이블도 바로 연결됩니다.",
        category: Category::Speaker,
        options: &[
            option("월넛 (2개 1조)", 429_000, 70),
            option("화이트 (2개 1조)", 429_000, 60),
        ],
    },
    DemoProduct {
        slug: "ullim-picnic",
        name: "울림 피크닉 스피커",
        description: "소풍 가방에 걸고 다니는 방수 무선 스피커입니다. \
            두 대를 묶으면 스테레오로 울립니다.",
        category: Category::Speaker,
        options: &[
            option("레드", 89_000, 250),
            option("올리브", 89_000, 220),
            option("2대 묶음", 169_000, 100),
        ],
    },
    DemoProduct {
        slug: "sogon-sport",
        name: "소곤 스포츠 이어폰",
        description: "뛰어도 빠지지 않는 귀걸이형 날개를 단 운동용 무선 이어폰입니다. \
            땀과 비에 강합니다.",
        category: Category::Earbuds,
        options: &[option("블랙", 99_000, 260), option("라임", 99_000, 180)],
    },
    DemoProduct {
        slug: "sogon-zero",
        name: "소곤 제로 이어폰",
        description: "귀 모양에 맞춰 소음을 지우는 고급형 무선 이어폰입니다. \
            무선 충전 케이스가 들어 있습니다.",
        category: Category::Earbuds,
        options: &[
            option("펄 화이트", 229_000, 170),
            option("그라파이트", 229_000, 190),
            option("로즈", 229_000, 110),
        ],
    },
    DemoProduct {
        slug: "challa-m1",
        name: "찰나 M1 미러리스",
        description: "3,300만 화소 풀프레임 미러리스 카메라입니다. \
            눈동자를 따라가는 초점으로 움직이는 아이도 놓치지 않습니다.",
        category: Category::Camera,
        options: &[
            option("본체", 1_890_000, 60),
            option("28-70mm 렌즈 포함", 2_190_000, 50),
        ],
    },
    DemoProduct {
        slug: "challa-vlog",
        name: "찰나 브이로그",
        description: "돌려 보는 화면과 지향성 마이크를 갖춘 손안의 브이로그 카메라입니다.",
        category: Category::Camera,
        options: &[
            option("블랙", 799_000, 90),
            option("화이트", 799_000, 80),
            option("화이트 / 촬영 그립 포함", 879_000, 60),
        ],
    },
    DemoProduct {
        slug: "dalbit-mini",
        name: "달빛 미니 빔",
        description: "캠핑장에서도 100인치 화면을 펼치는 배터리 내장 빔프로젝터입니다. \
            초점과 수평을 스스로 맞춥니다.",
        category: Category::Projector,
        options: &[
            option("HD 해상도", 349_000, 140),
            option("FHD 해상도", 459_000, 110),
        ],
    },
    DemoProduct {
        slug: "dalbit-cinema",
        name: "달빛 시네마 4K",
        description: "거실을 영화관으로 바꾸는 2,500안시 4K 레이저 빔프로젝터입니다.",
        category: Category::Projector,
        options: &[
            option("본체", 1_690_000, 60),
            option("100인치 스크린 포함", 1_890_000, 50),
        ],
    },
    DemoProduct {
        slug: "sumgyeol-20",
        name: "숨결 공기청정기 20",
        description: "20평형 거실의 미세먼지를 조용히 걸러 줍니다. \
            공기 상태를 네 가지 불빛 색으로 알려 줍니다.",
        category: Category::AirPurifier,
        options: &[
            option("본체", 359_000, 130),
            option("필터 1개 추가", 399_000, 120),
        ],
    },
    DemoProduct {
        slug: "sumgyeol-room",
        name: "숨결 룸 공기청정기",
        description: "침실과 공부방에 알맞은 8평형 공기청정기입니다. \
            취침 모드에서는 22dB로 숨소리만큼 조용합니다.",
        category: Category::AirPurifier,
        options: &[
            option("화이트", 149_000, 240),
            option("베이지", 149_000, 200),
        ],
    },
    DemoProduct {
        slug: "malkkeum-robot",
        name: "말끔 로봇청소기",
        description: "방 구조를 기억해 구석까지 쓸고 닦는 로봇청소기입니다. \
            문턱 2cm는 거뜬히 넘습니다.",
        category: Category::RobotVacuum,
        options: &[option("화이트", 399_000, 150), option("블랙", 399_000, 140)],
    },
    DemoProduct {
        slug: "malkkeum-robot-station",
        name: "말끔 로봇청소기 스테이션",
        description: "먼지 비움과 걸레 세척, 건조까지 스스로 하는 로봇청소기입니다. \
            두 달 동안 먼지통을 잊으셔도 됩니다.",
        category: Category::RobotVacuum,
        options: &[
            option("화이트", 890_000, 80),
            option("블랙", 890_000, 70),
            option("화이트 / 소모품 1년분", 990_000, 50),
        ],
    },
    DemoProduct {
        slug: "sandeul-circulator",
        name: "산들 서큘레이터",
        description: "상하좌우로 바람을 돌려 냉난방 효율을 높이는 BLDC 서큘레이터입니다. \
            바람 세기는 12단계입니다.",
        category: Category::Fan,
        options: &[option("화이트", 79_000, 310), option("그레이", 79_000, 280)],
    },
    DemoProduct {
        slug: "sandeul-stand",
        name: "산들 스탠드 선풍기",
        description: "아기 방에도 안심인 촘촘한 안전망 선풍기입니다. \
            리모컨으로 바람 세기와 꺼짐 예약을 맞춥니다.",
        category: Category::Fan,
        options: &[
            option("화이트", 59_000, 330),
            option("민트", 59_000, 240),
            option("화이트 / 안전망 커버 포함", 64_000, 210),
        ],
    },
    DemoProduct {
        slug: "poreureu-kettle",
        name: "포르르 전기주전자 1.7L",
        description: "포르르 끓으면 저절로 꺼지는 1.7L 스테인리스 전기주전자입니다. \
            겉면이 이중이라 뜨겁지 않습니다.",
        category: Category::Kettle,
        options: &[option("크림", 39_900, 350), option("블랙", 39_900, 320)],
    },
    DemoProduct {
        slug: "poreureu-temp",
        name: "포르르 온도조절 주전자",
        description: "40도부터 100도까지 1도씩 맞추는 전기주전자입니다. \
            분유와 녹차, 커피에 알맞은 물을 바로 준비합니다.",
        category: Category::Kettle,
        options: &[
            option("무광 화이트", 69_000, 190),
            option("무광 그린", 69_000, 150),
            option("무광 블랙", 69_000, 210),
        ],
    },
];
