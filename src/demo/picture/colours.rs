/// The colours of a picture.
pub struct Colours {
    pub paper: Shade,
    pub accent: Shade,
    pub body: Shade,
}

impl Colours {
    /// The same for the same slug, always.
    pub fn of(slug: &str) -> Self {
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

/// A gradient: its light end and its deep end.
pub type Shade = (&'static str, &'static str);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_the_published_algorithm() {
        assert_eq!(Hash::of("foobar").0, 0x0085_9441_71f7_3967);
    }
}
