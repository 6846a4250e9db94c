//! From whatever was uploaded to the files that are kept. What it is, is told by what is in it: a name or a header says
//! nothing. What comes out is written anew, so nothing of what went in but the picture itself is left: no place, no
//! camera, nothing hidden behind its end.

use std::{borrow::Cow, io::Cursor};

use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    guess_format,
    imageops::FilterType,
};

use super::{
    address::{Kind, WIDTHS},
    jpeg,
};

/// The most pixels that a picture may have: the largest that phones take. It is known before anything is unpacked.
pub const MEGAPIXELS_MAX: u32 = 50;

/// The most pixels on a side.
const SIDE_MAX: u32 = 16_384;

/// The most memory for unpacking a picture, in bytes.
const MEMORY_MAX: u64 = 512 * 1024 * 1024;

/// The quality of JPEG, of 100: where more is not seen any more.
const QUALITY: u8 = 85;

/// The largest colour profile that is kept, in bytes: cameras' have some hundred.
const PROFILE_BYTES_MAX: usize = 16 * 1024;

/// A picture as it is kept.
#[derive(Clone, Debug)]
pub struct Rendering {
    pub kind: Kind,
    /// A file for each of [`WIDTHS`], in that order.
    pub files: Vec<Vec<u8>>,
}

/// Why something is not taken for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is not PNG, JPEG or WebP.
    Format,
    /// It is broken, or does not go on to its end.
    Broken,
    /// It has more than [`MEGAPIXELS_MAX`], or is too long.
    TooManyPixels,
}

/// The picture's files. Takes a processor for up to seconds.
///
/// # Errors
/// When it is no picture, or none that is taken.
pub fn render(bytes: &[u8]) -> Result<Rendering, Unfit> {
    let format = guess_format(bytes).map_err(|_| Unfit::Format)?;
    match format {
        ImageFormat::Png | ImageFormat::WebP => {}
        // Its decoder fills what is missing with grey.
        ImageFormat::Jpeg if jpeg::is_whole(bytes) => {}
        ImageFormat::Jpeg => return Err(Unfit::Broken),
        _ => return Err(Unfit::Format),
    }
    let (picture, profile) = unpack(bytes, format).map_err(|error| unfit(&error))?;
    let picture = plain(picture);
    let kind = if picture.color().has_alpha() {
        Kind::Png
    } else {
        Kind::Jpeg
    };
    let files = WIDTHS.map(|width| write(&narrowed(&picture, width), kind, profile.as_deref()));
    let files = files.into_iter().collect::<Result<_, _>>();
    Ok(Rendering {
        kind,
        files: files.map_err(|error: ImageError| unfit(&error))?,
    })
}

/// The picture, the right way up, and its colour profile.
fn unpack(
    bytes: &[u8],
    format: ImageFormat,
) -> Result<(DynamicImage, Option<Vec<u8>>), ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > u64::from(MEGAPIXELS_MAX) * 1_000_000 {
        return Err(too_many_pixels());
    }
    let orientation = decoder.orientation()?;
    let profile = decoder.icc_profile()?.filter(|profile| is_kept(profile));
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok((picture, profile))
}

fn too_many_pixels() -> ImageError {
    use image::error::{LimitError, LimitErrorKind};
    ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError))
}

fn unfit(error: &ImageError) -> Unfit {
    match error {
        ImageError::Limits(_) => Unfit::TooManyPixels,
        _ => Unfit::Broken,
    }
}

/// A profile without which red is another red: one of red, green and blue, since that is what is written.
fn is_kept(profile: &[u8]) -> bool {
    profile.len() <= PROFILE_BYTES_MAX && profile.get(16..20) == Some(b"RGB ")
}

/// The picture in red, green and blue, and in alpha where one sees through it somewhere.
fn plain(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into();
    }
    let picture = picture.into_rgba8();
    let is_opaque = picture.pixels().all(|pixel| pixel.0[3] == u8::MAX);
    let picture = DynamicImage::from(picture);
    if is_opaque {
        picture.into_rgb8().into()
    } else {
        picture
    }
}

/// The picture at most so wide.
fn narrowed(picture: &DynamicImage, width: u32) -> Cow<'_, DynamicImage> {
    if picture.width() <= width {
        return Cow::Borrowed(picture);
    }
    let height = u64::from(picture.height()) * u64::from(width) / u64::from(picture.width());
    let height = u32::try_from(height).unwrap_or(SIDE_MAX).max(1);
    Cow::Owned(picture.resize_exact(width, height, FilterType::CatmullRom))
}

fn write(
    picture: &DynamicImage,
    kind: Kind,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, ImageError> {
    let mut file = Vec::new();
    match kind {
        Kind::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
            write_with(encoder, picture, profile)?;
        }
        Kind::Png => write_with(PngEncoder::new(&mut file), picture, profile)?,
    }
    Ok(file)
}

fn write_with(
    mut encoder: impl ImageEncoder,
    picture: &DynamicImage,
    profile: Option<&[u8]>,
) -> Result<(), ImageError> {
    if let Some(profile) = profile {
        // Both kinds have a place for it.
        _ = encoder.set_icc_profile(profile.to_vec());
    }
    picture.write_with_encoder(encoder)
}

#[cfg(test)]
mod tests {
    use image::{
        ExtendedColorType, GenericImageView, ImageBuffer, Luma, Rgb, Rgba, RgbaImage,
        codecs::webp::WebPEncoder, load_from_memory,
    };

    use super::*;

    /// Wide and low, red on the left, blue on the right.
    fn flag(width: u32, height: u32) -> DynamicImage {
        let colour = |x| {
            if x < width / 2 {
                Rgb([200_u8, 0, 0])
            } else {
                Rgb([0, 0, 200])
            }
        };
        ImageBuffer::from_fn(width, height, |x, _| colour(x)).into()
    }

    fn png(picture: &DynamicImage) -> Vec<u8> {
        write(picture, Kind::Png, None).expect("a PNG")
    }

    fn jpeg_of(picture: &DynamicImage, profile: Option<&[u8]>) -> Vec<u8> {
        write(picture, Kind::Jpeg, profile).expect("a JPEG")
    }

    fn webp(picture: &DynamicImage) -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = WebPEncoder::new_lossless(&mut file);
        picture.write_with_encoder(encoder).expect("a WebP");
        file
    }

    /// The files, as pictures again.
    fn rendered(bytes: &[u8]) -> (Kind, Vec<DynamicImage>) {
        let rendering = render(bytes).expect("a picture");
        let files = rendering.files.iter();
        let pictures = files.map(|file| load_from_memory(file).expect("a picture"));
        (rendering.kind, pictures.collect())
    }

    fn is_red(pixel: Rgba<u8>) -> bool {
        pixel.0[0] > 150 && pixel.0[2] < 50
    }

    #[test]
    fn each_format_is_kept_in_each_width() {
        let flag = flag(1600, 800);
        for file in [png(&flag), jpeg_of(&flag, None), webp(&flag)] {
            let (kind, pictures) = rendered(&file);
            assert_eq!(kind, Kind::Jpeg);
            let sizes = pictures.iter().map(GenericImageView::dimensions);
            assert_eq!(sizes.collect::<Vec<_>>(), [(400, 200), (1200, 600)]);
            for picture in pictures {
                assert!(is_red(picture.get_pixel(10, 10)));
                assert!(!is_red(picture.get_pixel(picture.width() - 10, 10)));
            }
        }
    }

    #[test]
    fn a_small_picture_is_not_made_larger_and_a_thin_one_not_lost() {
        let (_, pictures) = rendered(&png(&flag(30, 20)));
        assert!(
            pictures
                .iter()
                .all(|picture| picture.dimensions() == (30, 20))
        );
        let (_, pictures) = rendered(&png(&flag(4000, 1)));
        assert_eq!(pictures[0].dimensions(), (400, 1));
    }

    #[test]
    fn what_one_sees_through_stays_so() {
        let clear = RgbaImage::from_fn(500, 10, |x, _| Rgba([0, 200, 0, u8::from(x > 250) * 255]));
        for file in [png(&clear.clone().into()), webp(&clear.into())] {
            let (kind, pictures) = rendered(&file);
            assert_eq!(kind, Kind::Png);
            assert_eq!(pictures[0].get_pixel(5, 5).0[3], 0);
            assert_eq!(pictures[0].get_pixel(390, 5).0[3], 255);
        }
        let opaque = RgbaImage::from_pixel(5, 5, Rgba([1, 2, 3, 255]));
        assert_eq!(rendered(&png(&opaque.into())).0, Kind::Jpeg);
    }

    #[test]
    fn grey_and_deep_pictures_are_taken() {
        let grey = ImageBuffer::from_pixel(20, 20, Luma([70_u8])).into();
        assert_eq!(rendered(&jpeg_of(&grey, None)).0, Kind::Jpeg);
        let deep = ImageBuffer::from_pixel(20, 20, Rgba([u16::MAX, 0, 0, 9])).into();
        assert_eq!(rendered(&png(&deep)).0, Kind::Png);
    }

    /// A JPEG with EXIF data: an orientation, and a camera's name.
    fn turned(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
        let file = jpeg_of(picture, None);
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        exif.extend([
            0x01, 0x0F, 0, 2, 0, 0, 0, 4, b'S', b'p', b'y', 0, 0, 0, 0, 0,
        ]);
        let length = u16::try_from(exif.len() + 2).expect("a short segment");
        let mut segment = vec![0xFF, 0xE1];
        segment.extend(length.to_be_bytes());
        segment.extend(exif);
        [&file[..2], &segment, &file[2..]].concat()
    }

    #[test]
    fn a_picture_is_turned_the_right_way_up_and_tells_nothing_of_its_maker() {
        let file = turned(&flag(80, 40), 6);
        assert!(file.windows(3).any(|window| window == b"Spy"));

        let (_, pictures) = rendered(&file);

        assert_eq!(pictures[0].dimensions(), (40, 80));
        assert!(is_red(pictures[0].get_pixel(20, 10)), "left is up now");
        assert!(!is_red(pictures[0].get_pixel(20, 70)));
        for file in render(&file).expect("a picture").files {
            assert!(!file.windows(3).any(|window| window == b"Spy"));
            assert!(!file.windows(4).any(|window| window == b"Exif"));
        }
    }

    #[test]
    fn a_profile_of_colours_is_kept_and_any_other_is_not() {
        let profile = |space: &[u8], bytes| {
            let mut profile = vec![b'p'; bytes];
            profile[16..20].copy_from_slice(space);
            profile
        };
        for (profile, is_kept) in [
            (profile(b"RGB ", 300), true),
            (profile(b"GRAY", 300), false),
            (profile(b"RGB ", PROFILE_BYTES_MAX + 1), false),
        ] {
            let file = jpeg_of(&flag(10, 10), Some(&profile));
            let files = render(&file).expect("a picture").files;
            let has_it =
                |file: &Vec<u8>| file.windows(200).any(|window| window == &profile[100..300]);
            assert!(files.iter().all(|file| has_it(file) == is_kept));
        }
    }

    #[test]
    fn what_is_no_picture_or_another_format_is_not_taken() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
        for bytes in [b"".as_slice(), b"hello", svg, gif, b"BM", b"%PDF-1.7"] {
            assert_eq!(render(bytes).err(), Some(Unfit::Format));
        }
    }

    #[test]
    fn a_picture_that_was_cut_off_is_broken() {
        let flag = flag(300, 200);
        for file in [png(&flag), jpeg_of(&flag, None), webp(&flag)] {
            for length in [file.len() / 2, file.len() - 20] {
                assert_eq!(render(&file[..length]).err(), Some(Unfit::Broken));
            }
        }
    }

    #[test]
    fn what_says_that_it_is_huge_is_not_unpacked() {
        let mut file = Vec::new();
        let grey = vec![0; 7_100 * 7_100];
        PngEncoder::new(&mut file)
            .write_image(&grey, 7_100, 7_100, ExtendedColorType::L8)
            .expect("a PNG");
        assert!(file.len() < 300_000, "a bomb is small: {}", file.len());
        assert_eq!(render(&file).err(), Some(Unfit::TooManyPixels));
        assert_eq!(
            render(&png(&flag(SIDE_MAX + 1, 1))).err(),
            Some(Unfit::TooManyPixels)
        );
    }
}
