//! The addresses of pictures: how a file is called, and which of a picture's files is wanted.

use std::{borrow::Cow, fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

/// The widths that a picture is kept in, in pixels, the smallest first: for lists, and for a page of its own. A
/// picture that is narrower is not made wider.
pub const WIDTHS: [u32; 2] = [400, 1200];

/// Where pictures are served.
const FOLDER: &str = "/pictures/";

/// How many of the hash's bytes stand in a name.
const HASH_BYTES: usize = 16;

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
}

/// A file of a picture: `HASH-WIDTH.jpg`. What is in it never changes, since the hash is of what is in all files of the
/// picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFile {
    hash: [u8; HASH_BYTES],
    width: u32,
    kind: Kind,
}

/// A name that no file of a picture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongName;

impl Kind {
    const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl PictureFile {
    /// The file of the largest width of a picture that is these files.
    pub fn largest<'f>(kind: Kind, files: impl IntoIterator<Item = &'f [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for file in files {
            // Where one ends and the next begins is a part of what is there.
            hasher.update(file.len().to_be_bytes());
            hasher.update(file);
        }
        let mut hash = [0; HASH_BYTES];
        for (byte, hashed) in hash.iter_mut().zip(hasher.finalize()) {
            *byte = hashed;
        }
        Self {
            hash,
            width: WIDTHS[WIDTHS.len() - 1],
            kind,
        }
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// The same picture's file of that width, one of [`WIDTHS`].
    #[must_use]
    pub fn with_width(self, width: u32) -> Self {
        Self { width, ..self }
    }

    /// Where it is served.
    #[must_use]
    pub fn url(self) -> String {
        format!("{FOLDER}{self}")
    }
}

impl fmt::Display for PictureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.hash {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "-{}.{}", self.width, self.kind.extension())
    }
}

impl FromStr for PictureFile {
    type Err = WrongName;

    fn from_str(name: &str) -> Result<Self, WrongName> {
        let (stem, extension) = name.rsplit_once('.').ok_or(WrongName)?;
        let (hash, width) = stem.split_once('-').ok_or(WrongName)?;
        let mut kinds = Kind::ALL.into_iter();
        let mut widths = WIDTHS.into_iter();
        let file = Self {
            hash: u128::from_str_radix(hash, 16)
                .map_err(|_| WrongName)?
                .to_be_bytes(),
            width: widths
                .find(|known| known.to_string() == width)
                .ok_or(WrongName)?,
            kind: kinds
                .find(|kind| kind.extension() == extension)
                .ok_or(WrongName)?,
        };
        // One way to write it: with all digits, in lower case.
        (file.to_string() == name).then_some(file).ok_or(WrongName)
    }
}

/// The address of a picture where it is to be shown so wide: of the narrowest file that is at least as wide, or else of
/// the widest. A picture that is not kept here has one address.
#[must_use]
pub fn at_width(url: &str, width: Option<i32>) -> Cow<'_, str> {
    let file = url
        .strip_prefix(FOLDER)
        .and_then(|name| name.parse::<PictureFile>().ok());
    match (file, width) {
        (Some(file), Some(width)) => {
            let mut widths = WIDTHS.into_iter();
            let enough = widths.find(|known| i64::from(*known) >= i64::from(width));
            let chosen = enough.unwrap_or(WIDTHS[WIDTHS.len() - 1]);
            file.with_width(chosen).url().into()
        }
        _ => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(kind: Kind) -> PictureFile {
        PictureFile::largest(kind, [b"small".as_slice(), b"large"])
    }

    #[test]
    fn a_name_reads_back_as_itself() {
        for kind in Kind::ALL {
            for width in WIDTHS {
                let file = some(kind).with_width(width);
                assert_eq!(file.to_string().parse(), Ok(file));
                assert_eq!(file.url(), format!("/pictures/{file}"));
                assert_eq!(file.kind(), kind);
            }
        }
        let name = some(Kind::Jpeg).to_string();
        assert_eq!(name.len(), 32 + "-1200.jpg".len());
        assert_eq!(Kind::Jpeg.content_type(), "image/jpeg");
        assert_eq!(Kind::Png.content_type(), "image/png");
    }

    #[test]
    fn every_other_name_is_wrong() {
        let name = some(Kind::Png).to_string();
        for wrong in [
            "",
            ".",
            "-.",
            "-400.jpg",
            "haneul-phone-12.svg",
            "../../jangteo.db",
            &name.to_uppercase(),
            &name.replace("1200", "800"),
            &name.replace("1200", "+400"),
            &name.replace("1200", "0400"),
            &name.replace(".png", ".svg"),
            &name.replace(".png", ""),
            &name.replace('-', "_"),
            &name[1..],
            &format!("0{name}"),
            &format!("+{}", &name[1..]),
            &format!("/{name}"),
        ] {
            assert_eq!(wrong.parse::<PictureFile>(), Err(WrongName), "{wrong}");
        }
    }

    #[test]
    fn another_content_has_another_name() {
        let name = |files: &[&[u8]]| PictureFile::largest(Kind::Png, files.iter().copied());
        let one = name(&[b"small", b"large"]);
        assert_eq!(one, some(Kind::Png));
        assert_ne!(one, name(&[b"small", b"larger"]));
        assert_ne!(one, name(&[b"smalll", b"arge"]));
    }

    #[test]
    fn the_narrowest_file_that_is_wide_enough_is_shown() {
        let file = some(Kind::Jpeg);
        for (asked, given) in [
            (None, 1200),
            (Some(i32::MIN), 400),
            (Some(0), 400),
            (Some(400), 400),
            (Some(401), 1200),
            (Some(1200), 1200),
            (Some(i32::MAX), 1200),
        ] {
            let expected = file.with_width(given).url();
            for kept in WIDTHS {
                let url = file.with_width(kept).url();
                if asked.is_some() || kept == given {
                    assert_eq!(at_width(&url, asked), expected, "{asked:?}");
                }
            }
        }
        for elsewhere in ["/pictures/haneul-phone-12.svg", "https://cdn.example/a.jpg"] {
            assert_eq!(at_width(elsewhere, Some(400)), elsewhere);
        }
    }
}
