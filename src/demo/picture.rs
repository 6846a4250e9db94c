//! Pictures of the demo products, drawn rather than stored, so that the demo needs no files.

use super::catalog::{self, Category};

/// The picture of the demo product with this slug: an SVG document of 400 by 400 with no script
/// and no reference outside itself. The same slug always gives the same picture.
#[must_use]
pub fn svg(slug: &str) -> Option<String> {
    let product = catalog::product(slug)?;
    let title = escape(product.name);
    let colours = Colours::of(slug);
    let (paper_light, paper_deep) = colours.paper;
    let (accent_light, accent_deep) = colours.accent;
    let (body_light, body_deep) = colours.body;
    let drawing = drawing(product.category);
    Some(format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' width='400' height='400' \
         role='img'>\
         <title>{title}</title>\
         <defs>\
         <linearGradient id='paper' x1='0' y1='0' x2='1' y2='1'>\
         <stop offset='0' stop-color='{paper_light}'/>\
         <stop offset='1' stop-color='{paper_deep}'/>\
         </linearGradient>\
         <linearGradient id='accent' x1='0' y1='0' x2='1' y2='1'>\
         <stop offset='0' stop-color='{accent_light}'/>\
         <stop offset='1' stop-color='{accent_deep}'/>\
         </linearGradient>\
         <linearGradient id='body' x1='0' y1='0' x2='1' y2='1'>\
         <stop offset='0' stop-color='{body_light}'/>\
         <stop offset='1' stop-color='{body_deep}'/>\
         </linearGradient>\
         <linearGradient id='ink' x1='0' y1='0' x2='1' y2='1'>\
         <stop offset='0' stop-color='#3a4256'/>\
         <stop offset='1' stop-color='#191d29'/>\
         </linearGradient>\
         <linearGradient id='metal' x1='0' y1='0' x2='1' y2='1'>\
         <stop offset='0' stop-color='#f4f6fa'/>\
         <stop offset='1' stop-color='#aab3c4'/>\
         </linearGradient>\
         <radialGradient id='shadow'>\
         <stop offset='0' stop-color='#1b2030' stop-opacity='.34'/>\
         <stop offset='1' stop-color='#1b2030' stop-opacity='0'/>\
         </radialGradient>\
         </defs>\
         <rect width='400' height='400' fill='url(#paper)'/>\
         <circle cx='200' cy='192' r='150' fill='#fff' opacity='.42'/>\
         <circle cx='338' cy='66' r='26' fill='{accent_light}' opacity='.22'/>\
         <circle cx='58' cy='330' r='16' fill='{accent_deep}' opacity='.16'/>\
         {drawing}\
         </svg>"
    ))
}

/// A gradient: its light end and its deep end.
type Shade = (&'static str, &'static str);

/// Backgrounds, each with the accent of the same hue.
const HUES: [(Shade, Shade); 10] = [
    (("#fff3e9", "#ffd6c2"), ("#ffa07a", "#ee5f76")),
    (("#eafbf3", "#bfe9d7"), ("#58d6ab", "#1c958a")),
    (("#eaf5ff", "#c1ddfb"), ("#74bcff", "#3c6ade")),
    (("#f3eeff", "#d5c9f8"), ("#ad94fb", "#694bd3")),
    (("#fffbe3", "#ffe9a3"), ("#ffcf5a", "#ef872a")),
    (("#fff0f4", "#fac8da"), ("#ff97b6", "#d54a86")),
    (("#e6fbfd", "#b5e5ec"), ("#55cfe4", "#1f7fb2")),
    (("#faf5ec", "#e8d9c2"), ("#dfab73", "#a2623a")),
    (("#f4fce6", "#d3ecaa"), ("#a3d55c", "#489739")),
    (("#f1f4f9", "#cbd5e3"), ("#8ba0c6", "#40537a")),
];

/// Finishes of the product itself.
const FINISHES: [Shade; 8] = [
    ("#f6f8fc", "#b7c1d4"),
    ("#626c80", "#2b3040"),
    ("#fbf1de", "#d6bd95"),
    ("#5b76bb", "#28386f"),
    ("#b5d0ba", "#6b9178"),
    ("#ffac9a", "#db6254"),
    ("#d3c4f5", "#8a73c8"),
    ("#8cdacb", "#38948b"),
];

struct Colours {
    paper: Shade,
    accent: Shade,
    body: Shade,
}

impl Colours {
    fn of(slug: &str) -> Self {
        let mut hash = Hash::of(slug);
        let paper = hash.pick(HUES.len());
        // Any hue but the background's own, which would leave the product without contrast.
        let accent = (paper + 1 + hash.pick(HUES.len() - 1)) % HUES.len();
        Self {
            paper: HUES[paper].0,
            accent: HUES[accent].1,
            body: FINISHES[hash.pick(FINISHES.len())],
        }
    }
}

/// FNV-1a: unlike the standard library's hasher, promised to stay the same for ever.
struct Hash(u64);

impl Hash {
    fn of(slug: &str) -> Self {
        let hash = slug.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // The lowest byte is the least mixed: slugs alike would get colours alike.
        Self(hash >> 8)
    }

    /// An index below `bound`, using up that much of the hash.
    fn pick(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let index = self.0 % bound;
        self.0 /= bound;
        usize::try_from(index).unwrap_or_default()
    }
}

/// Text as it may stand in an XML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The shapes of a kind of product, in the gradients that [`svg`] defines.
fn drawing(category: Category) -> &'static str {
    match category {
        Category::Phone => PHONE,
        Category::Laptop => LAPTOP,
        Category::Tablet => TABLET,
        Category::Monitor => MONITOR,
        Category::Keyboard => KEYBOARD,
        Category::Mouse => MOUSE,
        Category::Headphones => HEADPHONES,
        Category::Earbuds => EARBUDS,
        Category::Speaker => SPEAKER,
        Category::Watch => WATCH,
        Category::Camera => CAMERA,
        Category::Charger => CHARGER,
        Category::PowerBank => POWER_BANK,
        Category::Console => CONSOLE,
        Category::Storage => STORAGE,
        Category::Projector => PROJECTOR,
        Category::AirPurifier => AIR_PURIFIER,
        Category::RobotVacuum => ROBOT_VACUUM,
        Category::Fan => FAN,
        Category::Kettle => KETTLE,
    }
}

/// Its back leaning behind its front.
const PHONE: &str = "
<ellipse cx='205' cy='326' rx='140' ry='18' fill='url(#shadow)'/>
<g transform='rotate(9 258 200)'>
<rect x='196' y='80' width='116' height='234' rx='24' fill='url(#body)'/>
<rect x='250' y='92' width='50' height='80' rx='18' fill='#000' opacity='.16'/>
<circle cx='275' cy='115' r='15' fill='url(#ink)'/><circle cx='275' cy='149' r='15' fill='url(#ink)'/>
<circle cx='275' cy='115' r='6' fill='#6f86c9'/><circle cx='275' cy='149' r='6' fill='#6f86c9'/>
<circle cx='272' cy='112' r='2.5' fill='#fff'/><circle cx='272' cy='146' r='2.5' fill='#fff'/>
</g>
<rect x='92' y='74' width='126' height='250' rx='27' fill='url(#ink)'/>
<rect x='99' y='81' width='112' height='236' rx='21' fill='url(#accent)'/>
<path d='M99 236c34-32 62-24 112-62v122a21 21 0 0 1-21 21h-70a21 21 0 0 1-21-21z' fill='#fff' opacity='.2'/>
<path d='M99 272c40-26 70-14 112-40v64a21 21 0 0 1-21 21h-70a21 21 0 0 1-21-21z' fill='#fff' opacity='.25'/>
<circle cx='155' cy='95' r='5' fill='#191d29'/>
<rect x='127' y='122' width='56' height='12' rx='6' fill='#fff' opacity='.92'/>
<rect x='138' y='142' width='34' height='6' rx='3' fill='#fff' opacity='.6'/>
<rect x='133' y='306' width='44' height='4' rx='2' fill='#fff' opacity='.85'/>";

/// Open, with a window on its screen.
const LAPTOP: &str = "
<ellipse cx='200' cy='304' rx='184' ry='17' fill='url(#shadow)'/>
<rect x='74' y='98' width='252' height='176' rx='15' fill='url(#ink)'/>
<rect x='83' y='107' width='234' height='156' rx='8' fill='url(#accent)'/>
<path d='M83 208c60-50 100 20 234-66v113a8 8 0 0 1-8 8H91a8 8 0 0 1-8-8z' fill='#fff' opacity='.2'/>
<rect x='112' y='130' width='118' height='84' rx='8' fill='#fff' opacity='.94'/>
<circle cx='124' cy='142' r='3.5' fill='#ff6f61'/><circle cx='135' cy='142' r='3.5' fill='#ffc54d'/><circle cx='146' cy='142' r='3.5' fill='#4cc98a'/>
<rect x='122' y='156' width='66' height='7' rx='3.5' fill='#c9d1e0'/><rect x='122' y='170' width='92' height='7' rx='3.5' fill='#dde3ed'/>
<rect x='122' y='184' width='80' height='7' rx='3.5' fill='#dde3ed'/><rect x='122' y='198' width='40' height='7' rx='3.5' fill='url(#accent)'/>
<rect x='246' y='130' width='48' height='48' rx='10' fill='#fff' opacity='.4'/>
<path d='M36 276h328v8c0 11-9 18-20 18H56c-11 0-20-7-20-18z' fill='url(#body)'/>
<path d='M36 276h328v5H36z' fill='#fff' opacity='.45'/>
<path d='M162 276h76c0 7-5 10-11 10h-54c-6 0-11-3-11-10z' fill='#000' opacity='.2'/>";

/// Lying wide, with a pen before it.
const TABLET: &str = "
<ellipse cx='200' cy='314' rx='165' ry='17' fill='url(#shadow)'/>
<g transform='rotate(-5 200 195)'>
<rect x='58' y='92' width='284' height='206' rx='22' fill='url(#body)'/>
<rect x='62' y='96' width='276' height='198' rx='19' fill='url(#ink)'/>
<rect x='74' y='108' width='252' height='174' rx='9' fill='#fdfdfd'/>
<path d='M74 232c40-52 74-54 108-14 26-44 66-68 144-58v113a9 9 0 0 1-9 9H83a9 9 0 0 1-9-9z' fill='url(#accent)' opacity='.45'/>
<path d='M74 258c56-38 96-10 132-20s70-52 120-44v79a9 9 0 0 1-9 9H83a9 9 0 0 1-9-9z' fill='url(#accent)'/>
<circle cx='140' cy='152' r='22' fill='#ffc95c'/>
<circle cx='200' cy='102' r='2.5' fill='#6c7590'/>
</g>
<g transform='rotate(-52 270 250)'>
<rect x='196' y='243' width='150' height='14' rx='7' fill='url(#metal)'/>
<path d='M196 244l-20 6 20 6z' fill='#4a5266'/><rect x='316' y='243' width='12' height='14' fill='url(#accent)'/>
</g>";

/// On its stand, with a chart on its screen.
const MONITOR: &str = "
<ellipse cx='200' cy='330' rx='120' ry='14' fill='url(#shadow)'/>
<path d='M178 256h44l7 58h-58z' fill='url(#metal)'/><path d='M178 256h44l1 12h-46z' fill='#000' opacity='.22'/>
<rect x='128' y='312' width='144' height='13' rx='6.5' fill='url(#body)'/>
<rect x='42' y='84' width='316' height='188' rx='15' fill='url(#body)'/>
<rect x='48' y='90' width='304' height='176' rx='11' fill='url(#ink)'/>
<rect x='55' y='97' width='290' height='156' rx='5' fill='url(#accent)'/>
<path d='M55 214c58-60 96 12 150-32s84-20 140-64v130a5 5 0 0 1-5 5H60a5 5 0 0 1-5-5z' fill='#fff' opacity='.22'/>
<path d='M55 240c70-46 120-4 174-30s70-10 116-30v68a5 5 0 0 1-5 5H60a5 5 0 0 1-5-5z' fill='#fff' opacity='.3'/>
<circle cx='288' cy='134' r='17' fill='#fff' opacity='.8'/>
<path d='M55 102a5 5 0 0 1 5-5h96L92 253H60a5 5 0 0 1-5-5z' fill='#fff' opacity='.09'/>
<circle cx='200' cy='260' r='2.5' fill='#6fe0b0'/>";

/// Seen from above and a little from the side.
const KEYBOARD: &str = "
<ellipse cx='204' cy='288' rx='186' ry='18' fill='url(#shadow)'/>
<g transform='rotate(-8 200 205)'>
<rect x='30' y='136' width='340' height='146' rx='20' fill='#000' opacity='.22'/>
<rect x='30' y='128' width='340' height='146' rx='20' fill='url(#body)'/>
<rect x='42' y='140' width='316' height='122' rx='11' fill='#151924' opacity='.28'/>
<g fill='#fff' opacity='.93'>
<rect x='78' y='147' width='25' height='23' rx='6'/><rect x='106' y='147' width='25' height='23' rx='6'/><rect x='134' y='147' width='25' height='23' rx='6'/><rect x='162' y='147' width='25' height='23' rx='6'/><rect x='190' y='147' width='25' height='23' rx='6'/><rect x='218' y='147' width='25' height='23' rx='6'/><rect x='246' y='147' width='25' height='23' rx='6'/><rect x='274' y='147' width='25' height='23' rx='6'/>
<rect x='50' y='175' width='36' height='23' rx='6'/><rect x='89' y='175' width='25' height='23' rx='6'/><rect x='117' y='175' width='25' height='23' rx='6'/><rect x='145' y='175' width='25' height='23' rx='6'/><rect x='173' y='175' width='25' height='23' rx='6'/><rect x='201' y='175' width='25' height='23' rx='6'/><rect x='229' y='175' width='25' height='23' rx='6'/><rect x='257' y='175' width='25' height='23' rx='6'/><rect x='285' y='175' width='25' height='23' rx='6'/><rect x='313' y='175' width='37' height='23' rx='6'/>
<rect x='50' y='203' width='45' height='23' rx='6'/><rect x='98' y='203' width='25' height='23' rx='6'/><rect x='126' y='203' width='25' height='23' rx='6'/><rect x='154' y='203' width='25' height='23' rx='6'/><rect x='182' y='203' width='25' height='23' rx='6'/><rect x='210' y='203' width='25' height='23' rx='6'/><rect x='238' y='203' width='25' height='23' rx='6'/><rect x='266' y='203' width='25' height='23' rx='6'/>
<rect x='50' y='231' width='30' height='23' rx='6'/><rect x='83' y='231' width='30' height='23' rx='6'/><rect x='240' y='231' width='25' height='23' rx='6'/><rect x='268' y='231' width='25' height='23' rx='6'/><rect x='296' y='231' width='25' height='23' rx='6'/><rect x='324' y='231' width='26' height='23' rx='6'/>
</g>
<g fill='url(#accent)'>
<rect x='50' y='147' width='25' height='23' rx='6'/><rect x='302' y='147' width='48' height='23' rx='6'/>
<rect x='294' y='203' width='56' height='23' rx='6'/><rect x='116' y='231' width='121' height='23' rx='6'/>
</g>
</g>";

/// Seen from above.
const MOUSE: &str = "
<ellipse cx='208' cy='316' rx='110' ry='24' fill='url(#shadow)'/>
<g transform='rotate(14 200 200)'>
<path d='M200 66c54 0 82 42 82 98v66c0 56-34 98-82 98s-82-42-82-98v-66c0-56 28-98 82-98z' fill='url(#body)'/>
<path d='M200 66c54 0 82 42 82 98v20H118v-20c0-56 28-98 82-98z' fill='#fff' opacity='.2'/>
<path d='M118 184q82 26 164 0' fill='none' stroke='#000' stroke-opacity='.24' stroke-width='3'/>
<path d='M200 66v128' stroke='#000' stroke-opacity='.24' stroke-width='3'/>
<rect x='184' y='102' width='32' height='66' rx='16' fill='url(#ink)'/>
<rect x='190' y='112' width='20' height='46' rx='10' fill='url(#accent)'/>
<path d='M192 124h16M192 134h16M192 144h16' stroke='#000' stroke-opacity='.25' stroke-width='2.5'/>
<circle cx='200' cy='280' r='11' fill='url(#accent)'/>
<path d='M136 226c2 40 20 66 44 78' fill='none' stroke='#fff' stroke-opacity='.4' stroke-width='8' stroke-linecap='round'/>
</g>";

/// Seen from the front, a cup on each side.
const HEADPHONES: &str = "
<ellipse cx='200' cy='332' rx='134' ry='16' fill='url(#shadow)'/>
<path d='M90 232v-32a110 112 0 0 1 220 0v32' fill='none' stroke='url(#body)' stroke-width='25' stroke-linecap='round'/>
<path d='M112 144a104 104 0 0 1 176 0' fill='none' stroke='#000' stroke-opacity='.16' stroke-width='11' stroke-linecap='round'/>
<path d='M84 182a116 116 0 0 1 50-80' fill='none' stroke='#fff' stroke-opacity='.5' stroke-width='5' stroke-linecap='round'/>
<rect x='82' y='206' width='15' height='52' rx='7' fill='url(#metal)'/><rect x='303' y='206' width='15' height='52' rx='7' fill='url(#metal)'/>
<rect x='108' y='216' width='38' height='108' rx='19' fill='url(#ink)'/><rect x='254' y='216' width='38' height='108' rx='19' fill='url(#ink)'/>
<path d='M118 212v116h-18c-28 0-46-24-46-58s18-58 46-58z' fill='url(#body)'/>
<path d='M282 212v116h18c28 0 46-24 46-58s-18-58-46-58z' fill='url(#body)'/>
<ellipse cx='83' cy='270' rx='15' ry='34' fill='url(#accent)'/><ellipse cx='317' cy='270' rx='15' ry='34' fill='url(#accent)'/>
<ellipse cx='79' cy='258' rx='4' ry='12' fill='#fff' opacity='.5'/><ellipse cx='313' cy='258' rx='4' ry='12' fill='#fff' opacity='.5'/>";

/// A pair over its open case.
const EARBUDS: &str = "
<ellipse cx='200' cy='330' rx='132' ry='16' fill='url(#shadow)'/>
<path d='M102 212v-14a36 36 0 0 1 36-36h124a36 36 0 0 1 36 36v14z' fill='url(#ink)'/>
<path d='M102 212v-30a42 42 0 0 1 42-42h112a42 42 0 0 1 42 42v30h-14v-22a28 28 0 0 0-28-28H144a28 28 0 0 0-28 28v22z' fill='url(#body)'/>
<rect x='146' y='120' width='24' height='100' rx='12' fill='url(#metal)'/>
<path d='M152 66c28-2 44 16 44 40s-16 36-34 36c-24 0-40-14-40-38s12-37 30-38z' fill='url(#metal)'/>
<ellipse cx='184' cy='110' rx='12' ry='20' fill='url(#ink)' transform='rotate(-14 184 110)'/>
<ellipse cx='140' cy='92' rx='6' ry='12' fill='#fff' opacity='.9' transform='rotate(24 140 92)'/>
<g transform='matrix(-1 0 0 1 400 0)'>
<rect x='146' y='120' width='24' height='100' rx='12' fill='url(#metal)'/>
<path d='M152 66c28-2 44 16 44 40s-16 36-34 36c-24 0-40-14-40-38s12-37 30-38z' fill='url(#metal)'/>
<ellipse cx='184' cy='110' rx='12' ry='20' fill='url(#ink)' transform='rotate(-14 184 110)'/>
<ellipse cx='140' cy='92' rx='6' ry='12' fill='#fff' opacity='.9' transform='rotate(24 140 92)'/>
</g>
<path d='M92 208h216v58a58 58 0 0 1-58 58H150a58 58 0 0 1-58-58z' fill='url(#body)'/>
<path d='M92 208h216v14H92z' fill='#fff' opacity='.32'/>
<rect x='168' y='204' width='64' height='8' rx='4' fill='url(#ink)'/>
<circle cx='200' cy='260' r='6' fill='url(#accent)'/>
<path d='M112 236v30a38 38 0 0 0 18 32' fill='none' stroke='#fff' stroke-opacity='.4' stroke-width='7' stroke-linecap='round'/>";

/// Two drivers in a box.
const SPEAKER: &str = "
<ellipse cx='200' cy='334' rx='116' ry='15' fill='url(#shadow)'/>
<rect x='118' y='64' width='164' height='264' rx='26' fill='url(#body)'/>
<rect x='130' y='76' width='140' height='240' rx='17' fill='#10131c' opacity='.24'/>
<circle cx='200' cy='128' r='36' fill='url(#metal)'/><circle cx='200' cy='128' r='30' fill='url(#ink)'/>
<circle cx='200' cy='128' r='13' fill='url(#accent)'/><circle cx='196' cy='123' r='4' fill='#fff' opacity='.65'/>
<circle cx='200' cy='236' r='62' fill='url(#metal)'/><circle cx='200' cy='236' r='55' fill='url(#ink)'/>
<circle cx='200' cy='236' r='42' fill='none' stroke='#fff' stroke-opacity='.13' stroke-width='4'/>
<circle cx='200' cy='236' r='32' fill='none' stroke='#fff' stroke-opacity='.1' stroke-width='3'/>
<circle cx='200' cy='236' r='22' fill='url(#accent)'/><ellipse cx='193' cy='227' rx='8' ry='6' fill='#fff' opacity='.55'/>
<circle cx='254' cy='91' r='4' fill='#6fe0b0'/>";

/// With its strap, showing hands and a ring of progress.
const WATCH: &str = "
<ellipse cx='200' cy='352' rx='84' ry='12' fill='url(#shadow)'/>
<path d='M152 134l12-84a12 12 0 0 1 12-10h48a12 12 0 0 1 12 10l12 84zM152 266l12 78a12 12 0 0 0 12 10h48a12 12 0 0 0 12-10l12-78z' fill='url(#accent)'/>
<path d='M152 134l3-22h90l3 22zM152 266l3 22h90l3-22z' fill='#000' opacity='.2'/>
<path d='M190 316h20M190 328h20M190 340h20' stroke='#000' stroke-opacity='.22' stroke-width='4' stroke-linecap='round'/>
<rect x='286' y='182' width='16' height='36' rx='6' fill='url(#metal)'/>
<circle cx='200' cy='200' r='92' fill='url(#body)'/><circle cx='200' cy='200' r='82' fill='url(#ink)'/>
<circle cx='200' cy='200' r='68' fill='none' stroke='#fff' stroke-opacity='.12' stroke-width='9'/>
<path d='M200 132a68 68 0 1 1-64.7 47' fill='none' stroke='url(#accent)' stroke-width='9' stroke-linecap='round'/>
<path d='M200 200v-40M200 200l28 18' stroke='#fff' stroke-width='7' stroke-linecap='round'/>
<circle cx='200' cy='200' r='6.5' fill='#ff7a66'/>
<path d='M134 166a74 74 0 0 1 40-38l20 0a80 80 0 0 0-50 58z' fill='#fff' opacity='.07'/>";

/// Its lens towards the customer.
const CAMERA: &str = "
<ellipse cx='200' cy='316' rx='160' ry='17' fill='url(#shadow)'/>
<path d='M148 122l14-32a14 14 0 0 1 13-8h50a14 14 0 0 1 13 8l14 32z' fill='url(#body)'/>
<rect x='84' y='104' width='44' height='24' rx='7' fill='url(#ink)'/><rect x='276' y='100' width='40' height='26' rx='7' fill='url(#metal)'/>
<path d='M284 102v22M292 102v22M300 102v22M308 102v22' stroke='#000' stroke-opacity='.16' stroke-width='2'/>
<rect x='54' y='118' width='292' height='192' rx='28' fill='url(#body)'/>
<path d='M54 162h292v104H54z' fill='url(#ink)' opacity='.88'/>
<rect x='176' y='94' width='48' height='18' rx='6' fill='#fff' opacity='.5'/>
<circle cx='204' cy='214' r='86' fill='url(#metal)'/><circle cx='204' cy='214' r='77' fill='url(#ink)'/>
<circle cx='204' cy='214' r='58' fill='#0d1018'/><circle cx='204' cy='214' r='48' fill='url(#accent)'/>
<circle cx='204' cy='214' r='30' fill='#10131d' opacity='.72'/>
<ellipse cx='186' cy='192' rx='15' ry='9' fill='#fff' opacity='.75' transform='rotate(-38 186 192)'/>
<circle cx='224' cy='236' r='6' fill='#fff' opacity='.4'/>
<circle cx='318' cy='142' r='7' fill='#ff6f61'/>";

/// A plug with two round pins, as sockets in Korea take, and its cable.
const CHARGER: &str = "
<ellipse cx='200' cy='328' rx='130' ry='16' fill='url(#shadow)'/>
<path d='M182 252c0 60 30 76 70 70s72-22 72-62v-70' fill='none' stroke='#fff' stroke-width='13' stroke-linecap='round'/>
<path d='M182 252c0 60 30 76 70 70s72-22 72-62v-70' fill='none' stroke='#c3cbd9' stroke-width='5' stroke-linecap='round'/>
<rect x='309' y='128' width='30' height='62' rx='9' fill='url(#body)'/><rect x='314' y='106' width='20' height='26' rx='6' fill='url(#metal)'/>
<rect x='146' y='62' width='17' height='58' rx='8' fill='url(#metal)'/><rect x='201' y='62' width='17' height='58' rx='8' fill='url(#metal)'/>
<rect x='112' y='104' width='140' height='150' rx='30' fill='url(#body)'/>
<path d='M112 140v-6a30 30 0 0 1 30-30h80a30 30 0 0 1 30 30v6z' fill='#fff' opacity='.25'/>
<circle cx='182' cy='190' r='46' fill='#fff' opacity='.93'/>
<path d='M193 150l-36 47h23l-8 34 38-49h-24z' fill='url(#accent)'/>
<rect x='169' y='246' width='26' height='20' rx='6' fill='url(#ink)'/>";

/// Upright, its charge in four lights.
const POWER_BANK: &str = "
<ellipse cx='200' cy='332' rx='112' ry='15' fill='url(#shadow)'/>
<g transform='rotate(7 200 200)'>
<rect x='126' y='70' width='148' height='256' rx='30' fill='url(#body)'/>
<rect x='136' y='80' width='128' height='236' rx='22' fill='none' stroke='#000' stroke-opacity='.1' stroke-width='3'/>
<rect x='158' y='64' width='34' height='12' rx='4' fill='url(#ink)'/><rect x='212' y='66' width='24' height='10' rx='5' fill='url(#ink)'/>
<circle cx='200' cy='176' r='54' fill='#fff' opacity='.93'/>
<path d='M213 130l-43 56h27l-9 38 45-57h-29z' fill='url(#accent)'/>
<g fill='#5ee0a4'><circle cx='170' cy='288' r='6.5'/><circle cx='190' cy='288' r='6.5'/><circle cx='210' cy='288' r='6.5'/></g>
<circle cx='230' cy='288' r='6.5' fill='#000' opacity='.25'/>
</g>";

/// Held in two hands, mid-game.
const CONSOLE: &str = "
<ellipse cx='200' cy='306' rx='176' ry='18' fill='url(#shadow)'/>
<g transform='rotate(-6 200 200)'>
<path d='M112 116H80a48 48 0 0 0-48 48v74a48 48 0 0 0 48 48h32z' fill='url(#body)'/>
<path d='M288 116h32a48 48 0 0 1 48 48v74a48 48 0 0 1-48 48h-32z' fill='url(#body)'/>
<rect x='104' y='112' width='192' height='178' rx='9' fill='url(#ink)'/>
<rect x='115' y='126' width='170' height='150' rx='5' fill='url(#accent)'/>
<path d='M115 238l42-50 34 38 30-30 64 60v15a5 5 0 0 1-5 5H120a5 5 0 0 1-5-5z' fill='#fff' opacity='.35'/>
<path d='M115 254h170v17a5 5 0 0 1-5 5H120a5 5 0 0 1-5-5z' fill='#1d2333' opacity='.45'/>
<circle cx='250' cy='158' r='15' fill='#fff3b8'/>
<path d='M160 232h18v22h-18zM164 218h10v14h-10z' fill='#fff'/><circle cx='210' cy='222' r='6' fill='#ffd95c'/><circle cx='228' cy='222' r='6' fill='#ffd95c'/>
<circle cx='72' cy='166' r='21' fill='url(#ink)'/><circle cx='72' cy='166' r='12' fill='#5b657d'/>
<path d='M65 216h14v13h13v14H79v13H65v-13H52v-14h13z' fill='url(#ink)'/>
<circle cx='328' cy='236' r='21' fill='url(#ink)'/><circle cx='328' cy='236' r='12' fill='#5b657d'/>
<circle cx='328' cy='146' r='8.5' fill='#ff6f61'/><circle cx='328' cy='188' r='8.5' fill='#4cc98a'/><circle cx='307' cy='167' r='8.5' fill='#4aa3ff'/><circle cx='349' cy='167' r='8.5' fill='#ffc54d'/>
</g>";

/// A portable drive and its cable.
const STORAGE: &str = "
<ellipse cx='196' cy='320' rx='130' ry='17' fill='url(#shadow)'/>
<path d='M212 96c0-44 96-56 110-6s-14 56-8 96' fill='none' stroke='#2b3040' stroke-width='9' stroke-linecap='round'/>
<rect x='299' y='180' width='28' height='42' rx='7' fill='url(#ink)'/><rect x='304' y='220' width='18' height='17' rx='4' fill='url(#metal)'/>
<rect x='200' y='88' width='24' height='34' rx='6' fill='url(#ink)'/>
<rect x='98' y='114' width='182' height='200' rx='27' fill='url(#body)'/>
<rect x='112' y='128' width='154' height='172' rx='17' fill='none' stroke='#fff' stroke-opacity='.35' stroke-width='3'/>
<path d='M112 246h154v37a17 17 0 0 1-17 17H129a17 17 0 0 1-17-17z' fill='url(#accent)'/>
<path d='M134 162h58M134 180h36' stroke='#fff' stroke-opacity='.75' stroke-width='8' stroke-linecap='round'/>
<circle cx='244' cy='272' r='6' fill='#fff'/><path d='M134 272h44' stroke='#fff' stroke-opacity='.7' stroke-width='6' stroke-linecap='round'/>";

/// Casting its beam to the left.
const PROJECTOR: &str = "
<linearGradient id='beam' x1='1' y1='0' x2='0' y2='0'><stop offset='0' stop-color='#fff3c0'/><stop offset='1' stop-color='#fff3c0' stop-opacity='.15'/></linearGradient>
<path d='M176 196L0 78v272l176-114z' fill='url(#beam)'/><path d='M176 204L0 132v164l176-68z' fill='url(#beam)'/>
<ellipse cx='226' cy='312' rx='140' ry='16' fill='url(#shadow)'/>
<path d='M140 288h34l-6 20h-20zM290 288h34l-8 20h-20z' fill='url(#ink)'/>
<rect x='108' y='134' width='248' height='158' rx='32' fill='url(#body)'/>
<path d='M108 172v-6a32 32 0 0 1 32-32h184a32 32 0 0 1 32 32v6z' fill='#fff' opacity='.28'/>
<circle cx='176' cy='218' r='56' fill='url(#metal)'/><circle cx='176' cy='218' r='48' fill='url(#ink)'/>
<circle cx='176' cy='218' r='33' fill='url(#accent)'/><circle cx='176' cy='218' r='18' fill='#fffbe2'/>
<ellipse cx='162' cy='202' rx='9' ry='6' fill='#fff' opacity='.8' transform='rotate(-38 162 202)'/>
<path d='M258 200h68M258 216h68M258 232h68M258 248h68' stroke='#000' stroke-opacity='.2' stroke-width='6' stroke-linecap='round'/>
<circle cx='320' cy='154' r='5' fill='#6fe0b0'/><rect x='196' y='147' width='60' height='9' rx='4.5' fill='#000' opacity='.16'/>";

/// A tower with its intake in front, giving off clean air.
const AIR_PURIFIER: &str = "
<ellipse cx='200' cy='344' rx='118' ry='14' fill='url(#shadow)'/>
<path d='M128 62h52c22 0 22-32 2-32-12 0-16 10-12 17M200 72h66c24 0 24-36 2-36-13 0-17 11-13 19M222 22h30' fill='none' stroke='#fff' stroke-width='8' stroke-linecap='round'/>
<path d='M132 326h30v14h-30zM238 326h30v14h-30z' fill='url(#ink)'/>
<rect x='106' y='88' width='188' height='244' rx='36' fill='url(#body)'/>
<path d='M106 124a36 36 0 0 1 36-36h116a36 36 0 0 1 36 36v6H106z' fill='url(#ink)'/>
<path d='M136 102h128M128 116h144' stroke='#fff' stroke-opacity='.25' stroke-width='5' stroke-linecap='round'/>
<path d='M106 130h188v9H106z' fill='url(#accent)'/>
<circle cx='200' cy='234' r='74' fill='#10131c' opacity='.2'/>
<circle cx='200' cy='234' r='66' fill='none' stroke='#fff' stroke-opacity='.7' stroke-width='5' stroke-linecap='round' stroke-dasharray='0 13.820'/>
<circle cx='200' cy='234' r='53' fill='none' stroke='#fff' stroke-opacity='.7' stroke-width='5' stroke-linecap='round' stroke-dasharray='0 13.875'/>
<circle cx='200' cy='234' r='40' fill='#fff' opacity='.95'/>
<path d='M184 250c-15-31 12-44 38-40 3 24-10 48-35 38' fill='url(#accent)'/>
<path d='M178 260c6-14 16-25 30-36' fill='none' stroke='#fff' stroke-width='4' stroke-linecap='round'/>
<path d='M180 257c-3 3-5 7-6 11' fill='none' stroke='url(#accent)' stroke-width='5' stroke-linecap='round'/>
<path d='M120 158v132' stroke='#fff' stroke-opacity='.4' stroke-width='7' stroke-linecap='round'/>";

/// Low and round on the floor, its sensor on top.
const ROBOT_VACUUM: &str = "
<ellipse cx='200' cy='298' rx='172' ry='24' fill='url(#shadow)'/>
<path d='M90 284l-30 20M96 290l-18 24M84 276l-34 8' stroke='#4a5266' stroke-width='5' stroke-linecap='round'/>
<path d='M52 198v50c0 34 66 58 148 58s148-24 148-58v-50z' fill='url(#ink)'/>
<path d='M52 198v34c0 34 66 58 148 58s148-24 148-58v-34z' fill='url(#body)'/>
<path d='M52 218c0 34 66 60 148 60s148-26 148-60v8c0 34-66 60-148 60S52 260 52 226z' fill='#000' opacity='.14'/>
<ellipse cx='200' cy='198' rx='148' ry='72' fill='url(#body)'/>
<ellipse cx='200' cy='196' rx='130' ry='60' fill='#fff' opacity='.28'/>
<path d='M162 156v18c0 10 17 17 38 17s38-7 38-17v-18z' fill='url(#ink)'/>
<ellipse cx='200' cy='156' rx='38' ry='17' fill='url(#accent)'/><ellipse cx='192' cy='151' rx='14' ry='5' fill='#fff' opacity='.5'/>
<ellipse cx='200' cy='228' rx='15' ry='8' fill='url(#accent)'/><ellipse cx='200' cy='228' rx='7' ry='3.5' fill='#fff'/>
<circle cx='316' cy='112' r='5' fill='#fff'/><path d='M338 128v22M327 139h22' stroke='#fff' stroke-width='6' stroke-linecap='round'/><path d='M70 116v20M60 126h20' stroke='#fff' stroke-width='6' stroke-linecap='round'/>";

/// Round on its stand.
const FAN: &str = "
<ellipse cx='200' cy='350' rx='104' ry='13' fill='url(#shadow)'/>
<rect x='190' y='250' width='20' height='84' fill='url(#metal)'/>
<path d='M122 344c0-18 34-26 78-26s78 8 78 26z' fill='url(#body)'/><circle cx='200' cy='333' r='5' fill='url(#accent)'/>
<circle cx='200' cy='164' r='116' fill='#fff' opacity='.6'/>
<g fill='url(#accent)'>
<path d='M200 164c-30-26-34-74-2-96 44-8 54 40 2 96z' transform='rotate(15 200 164)'/>
<path d='M200 164c-30-26-34-74-2-96 44-8 54 40 2 96z' transform='rotate(105 200 164)'/>
<path d='M200 164c-30-26-34-74-2-96 44-8 54 40 2 96z' transform='rotate(195 200 164)'/>
<path d='M200 164c-30-26-34-74-2-96 44-8 54 40 2 96z' transform='rotate(285 200 164)'/>
</g>
<g fill='none' stroke='#39425a' stroke-opacity='.2' stroke-width='2.5'>
<circle cx='200' cy='164' r='52'/><circle cx='200' cy='164' r='74'/><circle cx='200' cy='164' r='96'/>
<path d='M200 48v232M84 164h232M118 82l164 164M118 246L282 82M155.600 57l88.800 214M93 119.600l214 88.800M93 208.400l214-88.800M155.600 271l88.800-214'/>
</g>
<circle cx='200' cy='164' r='116' fill='none' stroke='url(#body)' stroke-width='13'/>
<circle cx='200' cy='164' r='26' fill='url(#body)'/><circle cx='200' cy='164' r='12' fill='#fff' opacity='.55'/>";

/// Steaming on its base.
const KETTLE: &str = "
<ellipse cx='196' cy='338' rx='126' ry='15' fill='url(#shadow)'/>
<path d='M158 68c-12-14 10-22 0-38M190 64c-12-14 10-24 0-42' fill='none' stroke='#fff' stroke-width='8' stroke-linecap='round' opacity='.95'/>
<path d='M256 130h30c34 0 48 22 46 52l-6 76c-2 20-14 30-32 30h-20v-22h14c8 0 12-4 13-12l6-70c1-16-6-28-22-28h-30z' fill='url(#ink)'/>
<path d='M134 142L82 116c-6-3-10 4-6 10l44 74z' fill='url(#body)'/><path d='M134 142L82 116c-6-3-10 4-6 10l44 74z' fill='#000' opacity='.12'/>
<path d='M132 116h134l24 186a14 14 0 0 1-14 16H120a14 14 0 0 1-14-16z' fill='url(#body)'/>
<path d='M150 136l-18 160' stroke='#fff' stroke-opacity='.45' stroke-width='10' stroke-linecap='round'/>
<path d='M128 120a72 30 0 0 1 142 0z' fill='url(#ink)'/><rect x='186' y='76' width='26' height='20' rx='9' fill='url(#accent)'/>
<rect x='212' y='166' width='16' height='98' rx='8' fill='#fff' opacity='.5'/><rect x='212' y='206' width='16' height='58' rx='8' fill='url(#accent)'/>
<rect x='92' y='316' width='212' height='18' rx='9' fill='url(#ink)'/><circle cx='280' cy='325' r='4' fill='#ff7a66'/>";

#[cfg(test)]
mod tests {
    use super::*;

    fn slugs() -> impl Iterator<Item = &'static str> {
        catalog::STORES
            .iter()
            .flat_map(|store| store.products)
            .map(|product| product.slug)
    }

    #[test]
    fn every_product_has_a_picture_titled_with_its_name() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            let name = catalog::product(slug).expect(slug).name;
            assert!(picture.contains(&format!("<title>{}</title>", escape(name))));
        }
    }

    #[test]
    fn an_unknown_slug_has_no_picture() {
        assert_eq!(svg("no-such-product"), None);
        assert_eq!(svg(""), None);
    }

    #[test]
    fn a_picture_stays_the_same() {
        assert_eq!(svg("haneul-phone-12"), svg("haneul-phone-12"));
        assert_eq!(Hash::of("foobar").0, 0x0085_9441_71f7_3967);
    }

    #[test]
    fn tags_are_balanced_and_attributes_quoted() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            let mut open = Vec::new();
            let mut rest = picture.as_str();
            while let Some(start) = rest.find('<') {
                assert!(!rest[..start].contains('>'), "{slug}: a stray >");
                let end = start + rest[start..].find('>').expect("a tag ends");
                let tag = &rest[start + 1..end];
                rest = &rest[end + 1..];
                assert!(
                    tag.matches('\'').count().is_multiple_of(2),
                    "{slug}: <{tag}>"
                );
                if let Some(name) = tag.strip_prefix('/') {
                    assert_eq!(open.pop(), Some(name), "{slug}");
                } else if !tag.ends_with('/') {
                    open.push(tag.split_whitespace().next().expect("a tag has a name"));
                }
            }
            assert!(open.is_empty(), "{slug}: {open:?} left open");
            assert_eq!(rest, "", "{slug}: text after the document");
        }
    }

    #[test]
    fn a_picture_refers_only_to_the_gradients_it_defines() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            for forbidden in [
                "<script", "<image", "<use", "<style", "href", "data:", " on",
            ] {
                assert!(!picture.contains(forbidden), "{slug} has {forbidden}");
            }
            assert_eq!(picture.matches("http").count(), 1, "only the namespace");
            for reference in picture.split("url(").skip(1) {
                let (id, _) = reference.split_once(')').expect("a reference ends");
                let id = id.strip_prefix('#').expect("a reference stays inside");
                assert!(picture.contains(&format!("id='{id}'")), "{slug}: {id}");
            }
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a & b>"), "&lt;a &amp; b&gt;");
    }
}
