//! Whether a JPEG file is whole.

const START_OF_SCAN: u8 = 0xDA;
const END: u8 = 0xD9;
const FIRST_RESTART: u8 = 0xD0;
const LAST_RESTART: u8 = 0xD7;
const TEMPORARY: u8 = 0x01;

/// Whether the file goes on to the mark of its end. The end of a preview within it does not count; what stands behind
/// the end, as some cameras put there, does no harm.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut is_scan = false;
    loop {
        let Some(at) = rest.iter().position(|byte| *byte == 0xFF) else {
            return false;
        };
        // Between segments nothing stands but marks; bytes that fill are marks' too.
        if at > 0 && !is_scan {
            return false;
        }
        rest = &rest[at + 1..];
        let Some((mark, behind)) = rest.split_first() else {
            return false;
        };
        match *mark {
            END => return true,
            // Another fill byte, whose mark is still to come.
            0xFF => {}
            // A byte of the scan that only looks like a mark, or a mark in its middle.
            0x00 | FIRST_RESTART..=LAST_RESTART if is_scan => rest = behind,
            // A mark by itself, such as that of the start.
            TEMPORARY | 0xD8 => rest = behind,
            mark => {
                let [high, low, ..] = *behind else {
                    return false;
                };
                let length = usize::from(u16::from_be_bytes([high, low]));
                let Some(next) = behind.get(length.max(2)..) else {
                    return false;
                };
                rest = next;
                is_scan = mark == START_OF_SCAN;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, a segment with a preview's end in it, a scan with all that may stand in one.
    const FILE: &[u8] = &[
        0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xFF, 0x01, 0xFF, 0xDA, 0, 3,
        7, 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 0xFF, 0xFF, 0xD9,
    ];

    #[test]
    fn a_file_is_whole_when_it_has_its_end() {
        assert!(is_whole(FILE));
        assert!(is_whole(&[FILE, b"and more"].concat()));
    }

    #[test]
    fn a_file_that_lacks_anything_is_not_whole() {
        for length in 0..FILE.len() {
            assert!(!is_whole(&FILE[..length]), "{length}");
        }
    }

    #[test]
    fn rubbish_between_segments_is_no_file() {
        assert!(!is_whole(&[0xFF, 0xD8, 0, 0xFF, 0xD9]));
        assert!(!is_whole(b"no marks at all"));
    }
}
