//! Decoding: every kind of image becomes `[3, 32, 32]`, and whatever is none is refused with the reason.

use gradient_features::ImageNote;
use gradient_features::images::{self, IMAGE_BYTES, ImageError, ImageSet, MAX_DECODE_BYTES, MAX_SIDE, PLANE, SIDE};
use image::{
    DynamicImage, ExtendedColorType, Frame, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage,
    Rgba, RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder},
};
use std::io::Cursor;

#[test]
fn a_32_by_32_image_is_taken_pixel_for_pixel() {
    let picture = RgbImage::from_fn(32, 32, speckle);
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP] {
        let decoded = decode(&encode(picture.clone().into(), format)).expect("it is whole");
        assert_eq!(decoded, planar(|x, y| speckle(x, y).0), "{format:?}");
    }
    let decoded = decode(&encode(picture.into(), ImageFormat::Gif)).expect("it is whole");
    assert_eq!(decoded.len(), IMAGE_BYTES, "a GIF has too few colours to be the same");
}

#[test]
fn a_wide_image_is_cropped_to_the_square_at_its_centre() {
    // Red, 32 columns of speckle, blue.
    let wide = RgbImage::from_fn(72, 32, |x, y| match x {
        0..20 => Rgb([255, 0, 0]),
        20..52 => speckle(x - 20, y),
        _ => Rgb([0, 0, 255]),
    });
    let tall = RgbImage::from_fn(32, 72, |x, y| *wide.get_pixel(y, x));
    assert_eq!(decode(&png(wide.into())).expect("it is whole"), planar(|x, y| speckle(x, y).0));
    assert_eq!(decode(&png(tall.into())).expect("it is whole"), planar(|x, y| speckle(y, x).0));
}

#[test]
fn other_sizes_are_resized() {
    // Each pixel of a 32×32 chequerboard four times as large: its blocks' centres keep their colour.
    let block = |x: u32, y: u32| if (x / 32 + y / 32).is_multiple_of(2) { [200, 10, 90] } else { [20, 250, 160] };
    for times in [1, 17] {
        let picture = RgbImage::from_fn(128 * times, 128 * times, |x, y| Rgb(block(x / times, y / times)));
        let decoded = decode(&png(picture.into())).expect("it is whole");
        for (x, y) in [(4, 4), (12, 4), (20, 28), (28, 20)] {
            assert_eq!(pixel(&decoded, x, y), block(4 * x as u32, 4 * y as u32), "at {x}, {y}");
        }
    }
    for (width, height) in [(1, 1), (1, 40), (40, 1), (31, 33), (7, 5), (300, 200), (2100, 2500)] {
        let uniform = RgbImage::from_pixel(width, height, Rgb([7, 130, 251]));
        let decoded = decode(&png(uniform.into())).expect("it is whole");
        assert_eq!(decoded, planar(|_, _| [7, 130, 251]), "{width} × {height}");
    }
}

#[test]
fn grey_fills_the_three_planes() {
    let grey = GrayImage::from_fn(32, 32, |x, y| Luma([speckle(x, y).0[0]]));
    assert_eq!(decode(&png(grey.into())).expect("it is whole"), planar(|x, y| [speckle(x, y).0[0]; 3]));
}

#[test]
fn transparency_is_laid_over_white() {
    let picture = RgbaImage::from_fn(32, 32, |x, _| Rgba([100, 0, 255, if x < 16 { 0 } else { 51 }]));
    // 51 of 255 is a fifth: 0.2 · 100 + 0.8 · 255 = 224, and 204 for the black of green.
    let expected = planar(|x, _| if x < 16 { [255; 3] } else { [224, 204, 255] });
    assert_eq!(decode(&png(picture.into())).expect("it is whole"), expected);
}

#[test]
fn sixteen_bits_become_eight() {
    let deep: ImageBuffer<Rgb<u16>, Vec<u16>> =
        ImageBuffer::from_fn(32, 32, |x, y| Rgb(speckle(x, y).0.map(|value| u16::from(value) * 257)));
    assert_eq!(decode(&png(deep.into())).expect("it is whole"), planar(|x, y| speckle(x, y).0));
}

#[test]
fn the_rotation_that_exif_asks_for_is_applied() {
    // The left half is dark. Turned a quarter clockwise (orientation 6), the upper half is.
    let picture = GrayImage::from_fn(32, 32, |x, _| Luma([if x < 16 { 10 } else { 240 }]));
    let jpeg = jpeg(&picture);
    let upright = decode(&jpeg).expect("it is whole");
    assert!(pixel(&upright, 2, 30)[0] < 60 && pixel(&upright, 30, 2)[0] > 190, "without EXIF");
    let turned = decode(&with_orientation(&jpeg, 6)).expect("it is whole");
    assert!(pixel(&turned, 2, 30)[0] > 190 && pixel(&turned, 30, 2)[0] < 60, "with EXIF");
}

#[test]
fn what_is_no_image_is_refused() {
    for bytes in [b"".as_slice(), b"P", b"no image at all", b"<svg xmlns='http://www.w3.org/2000/svg'/>", &[0; 4096]] {
        assert!(matches!(decode(bytes), Err(ImageError::UnknownFormat)), "{:?}", &bytes[..bytes.len().min(20)]);
    }
}

#[test]
fn an_image_cut_short_is_refused_or_read_and_never_a_panic() {
    let picture: DynamicImage = RgbImage::from_fn(40, 36, speckle).into();
    let whole = encode(picture.clone(), ImageFormat::Png);
    for end in 8..whole.len() - 12 {
        assert!(matches!(decode(&whole[..end]), Err(ImageError::Damaged(_))), "PNG cut at {end}");
    }
    // The decoders of other formats bear the loss of some of the picture, as browsers do.
    for format in [ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP] {
        let whole = encode(picture.clone(), format);
        for end in 0..whole.len() {
            match decode(&whole[..end]) {
                Ok(decoded) => assert_eq!(decoded.len(), IMAGE_BYTES, "{format:?} cut at {end}"),
                Err(error) => assert!(!error.to_string().is_empty(), "{format:?} cut at {end}"),
            }
        }
        assert!(decode(&whole[..20]).is_err(), "{format:?} without a picture");
    }
}

#[test]
fn huge_claims_are_refused_before_any_memory_is_taken() {
    // Each side of the last would do, and the whole is 768 MB.
    for (width, height) in [(20_000, 20_000), (MAX_SIDE + 1, 1), (1, u32::MAX >> 1), (16_000, 16_000)] {
        let error = decode(&png_header(width, height)).expect_err("too large");
        assert!(
            matches!(error, ImageError::TooLarge { width: w, height: h } if (w, h) == (width, height)),
            "{width} × {height}: {error}"
        );
        let message = error.to_string();
        let megabytes = format!("{} MB", MAX_DECODE_BYTES >> 20);
        for part in [width.to_string(), height.to_string(), "16384".to_owned(), megabytes] {
            assert!(message.contains(&part), "{message} does not say {part}");
        }
    }
}

#[test]
fn an_animation_gives_its_first_frame_and_says_so() {
    let [first, second] =
        [[200, 30, 60, 255], [10, 220, 90, 255]].map(|colour| RgbaImage::from_pixel(32, 32, Rgba(colour)));
    let still = gif(&[&first]);
    assert_eq!(notes(&still), []);
    let moving = gif(&[&first, &second]);
    assert_eq!(notes(&moving), [ImageNote::FirstFrame]);
    assert_eq!(decode(&moving).expect("it is whole"), decode(&still).expect("it is whole"));
    let still = png(RgbImage::new(32, 32).into());
    assert_eq!(notes(&as_apng(&still, 2)), [ImageNote::FirstFrame]);
    assert_eq!(notes(&as_apng(&still, 1)), [], "one frame does not move");
}

#[test]
fn a_second_frame_counts_even_where_it_cannot_be_read() {
    let [first, second] = [[200, 30, 60, 255], [10, 220, 90, 255]]
        .map(|colour| RgbaImage::from_fn(32, 32, |x, y| if x == y { Rgba([0, 0, 0, 255]) } else { Rgba(colour) }));
    let moving = gif(&[&first, &second]);
    assert_eq!(notes(&moving[..moving.len() - 20]), [ImageNote::FirstFrame]);
}

#[test]
fn what_a_camera_appends_to_a_picture_is_passed_over() {
    let whole = jpeg(&GrayImage::from_fn(32, 32, |x, y| Luma([speckle(x, y).0[0]])));
    let film = [b"ftypmp42".as_slice(), &[0xFF, 0xDA, 0, 8], &[7; 40]].concat();
    assert_eq!(notes(&[&whole[..], &film].concat()), []);
    assert_eq!(notes(&[&whole[..], &whole[..whole.len() / 2]].concat()), [], "a second picture that is cut");
    let cut = &whole[..whole.len() * 3 / 4];
    assert_eq!(notes(&[cut, &whole].concat()), [ImageNote::BrokenOff], "a second picture behind a cut one");
}

#[test]
fn a_png_that_browsers_bear_is_mended() {
    let picture = RgbImage::from_fn(32, 32, speckle);
    let whole = png(picture.into());
    let expected = decode(&whole).expect("it is whole");
    assert_eq!(decode(&whole[..whole.len() - 12]).expect("no end"), expected);
    assert_eq!(decode(&whole[..whole.len() - 5]).expect("half an end"), expected);
    let mut wrong = whole.clone();
    let checksum = whole.len() - 14;
    wrong[checksum] ^= 1;
    assert_eq!(decode(&wrong).expect("a wrong checksum of pixels"), expected);
}

/// A BMP of 32×32 pixels with 32 bits each: `[header, masks and more, pixels]`, the header of the size `header`.
fn bmp(header: u32, compression: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let masks = [0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000];
    let mut info = words(&[header, 32, 32, 1 | 32 << 16, compression, 0, 0, 0, 0, 0]);
    info.extend(words(&masks));
    info.resize(header as usize, 0);
    let start = words(&[0, 0, 14 + header]);
    // Rows from the lowest to the highest.
    let pixels = (0..32).rev().flat_map(|y| (0..32).map(move |x| (x, y)));
    let pixels = pixels.flat_map(|(x, y)| {
        let [red, green, blue, alpha] = pixel(x, y);
        [blue, green, red, alpha]
    });
    b"BM".iter().copied().chain(start).chain(info).chain(pixels).collect()
}

#[test]
fn transparency_in_a_bmp_is_what_browsers_make_of_it() {
    let colours = |alpha: fn(u32) -> u8| {
        move |x: u32, y: u32| {
            let Rgb([red, green, blue]) = speckle(x, y);
            [red, green, blue, alpha(y)]
        }
    };
    let opaque = planar(|x, y| speckle(x, y).0);
    for compression in [0, 3] {
        let unused = bmp(124, compression, colours(|_| 0));
        assert_eq!((decode(&unused).expect("it is whole"), notes(&unused)), (opaque.clone(), vec![]));
        let half = bmp(124, compression, colours(|y| if y < 16 { 0 } else { 255 }));
        let expected = planar(|x, y| if y < 16 { [255; 3] } else { speckle(x, y).0 });
        assert_eq!((decode(&half).expect("it is whole"), notes(&half)), (expected, vec![ImageNote::OverWhite]));
    }
    assert_eq!(decode(&bmp(40, 0, colours(|_| 7))).expect("it is whole"), opaque, "no mask for it");
}

#[test]
fn bmp_headers_that_browsers_read_are_read() {
    let picture = |x: u32, y: u32| {
        let Rgb([red, green, blue]) = speckle(x, y);
        [red, green, blue, 0]
    };
    let expected = planar(|x, y| speckle(x, y).0);
    let mut no_plane = bmp(40, 0, picture);
    no_plane[26] = 0;
    assert_eq!(decode(&no_plane).expect("no plane is one"), expected);
    let mut os2 = bmp(64, 0, picture);
    os2[54..78].fill(0);
    assert_eq!(decode(&os2).expect("OS/2's header"), expected);
    let mut palette = encode(GrayImage::from_fn(32, 32, |x, y| Luma([speckle(x, y).0[0]])).into(), ImageFormat::Bmp);
    let grey = decode(&palette).expect("it is whole");
    palette[46..50].copy_from_slice(&300_u32.to_le_bytes());
    assert_eq!(decode(&palette).expect("more colours than can be named"), grey);
}

#[test]
fn what_decoding_would_take_counts_too() {
    // 198 million grey bytes would do; with the coefficients of a progressive picture it is three times that.
    let mut claim = jpeg(&GrayImage::new(32, 32));
    let frame = claim.windows(2).position(|mark| mark == [0xFF, 0xC0]).expect("a frame");
    claim[frame + 5..frame + 9].copy_from_slice(&[0x37, 0x00, 0x37, 0x00]);
    claim[frame + 1] = 0xC2;
    assert!(matches!(decode(&claim), Err(ImageError::TooLarge { width: 14080, height: 14080 })));
    // A picture of 64 million pixels, and a frame in it of almost as many.
    let mut claim = gif(&[&RgbaImage::new(32, 32)]);
    claim[6..10].copy_from_slice(&[0x40, 0x1F, 0x40, 0x1F]);
    let frame = claim.windows(9).position(|block| block == [0x2C, 0, 0, 0, 0, 32, 0, 32, 0]).expect("a frame");
    claim[frame + 5..frame + 9].copy_from_slice(&[0x3F, 0x1F, 0x3F, 0x1F]);
    assert!(matches!(decode(&claim), Err(ImageError::TooLarge { width: 8000, height: 8000 })));
}

#[test]
fn what_was_done_to_a_picture_is_noted() {
    let clear = |alpha| png(RgbaImage::from_pixel(32, 32, Rgba([1, 2, 3, alpha])).into());
    assert_eq!(notes(&clear(255)), [], "an alpha channel alone changes nothing");
    assert_eq!(notes(&clear(254)), [ImageNote::OverWhite]);
    assert_eq!(notes(&png(RgbImage::new(33, 32).into())), [ImageNote::Cropped]);
    let whole = jpeg(&GrayImage::from_fn(32, 32, |x, y| Luma([speckle(x, y).0[0]])));
    assert_eq!(notes(&whole), []);
    assert_eq!(notes(&with_orientation(&whole, 1)), []);
    assert_eq!(notes(&with_orientation(&whole, 3)), [ImageNote::Turned]);
    assert_eq!(notes(&whole[..whole.len() * 3 / 4]), [ImageNote::BrokenOff]);
    assert_eq!(notes(&[&whole[..], b"what a camera appends"].concat()), []);
}

#[test]
fn a_jpeg_of_four_inks_is_read_as_colours() {
    // Where there is cyan, magenta, yellow and black, and the colour that it makes.
    let cases = [
        ([0, 0, 0, 0], [255, 255, 255]),
        ([0, 1, 1, 0], [255, 0, 0]),
        ([1, 0, 0, 0], [0, 255, 255]),
        ([0, 0, 0, 1], [0, 0, 0]),
    ];
    for (inks, colour) in cases {
        let decoded = decode(&cmyk_jpeg(inks)).expect("it is whole");
        for (found, wanted) in pixel(&decoded, 16, 16).into_iter().zip(colour) {
            assert!(u8::abs_diff(found, wanted) <= 4, "{inks:?}: {found} instead of {wanted}");
        }
    }
}

/// The pixels alone.
fn decode(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    images::decode(bytes).map(|picture| picture.pixels)
}

fn notes(bytes: &[u8]) -> Vec<ImageNote> {
    images::decode(bytes).expect("it can be read").notes
}

fn gif(frames: &[&RgbaImage]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.encode_frames(frames.iter().map(|&frame| Frame::new(frame.clone()))).expect("memory takes any image");
    drop(encoder);
    bytes
}

/// A PNG that says that it has so many frames, behind its header.
fn as_apng(png: &[u8], frames: u32) -> Vec<u8> {
    let body = [b"acTL".as_slice(), &frames.to_be_bytes(), &0_u32.to_be_bytes()].concat();
    let chunk = [&8_u32.to_be_bytes(), &body[..], &crc32(&body).to_be_bytes()].concat();
    [&png[..33], &chunk, &png[33..]].concat()
}

/// A JPEG of 32×32 pixels of one colour in cyan, magenta, yellow and black, each in full or not at all: as Adobe writes
/// them, where 255 is no ink. Written out bit by bit, as no encoder here makes them.
fn cmyk_jpeg(inks: [u8; 4]) -> Vec<u8> {
    let segment = |mark: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).expect("a short segment").to_be_bytes();
        [&[0xFF, mark], &length[..], body].concat()
    };
    let component = |of: u8| [of, 0x11, 0];
    // Two codes for the first coefficient of a block: `0` for no change and `10` for one of seven bits; one for the
    // rest, `0`, which ends the block.
    let lengths = |counts: [u8; 2]| [&counts[..], &[0; 14]].concat();
    let first = [&[0x00], &lengths([1, 1])[..], &[0, 7]].concat();
    let rest = [&[0x10], &lengths([1, 0])[..], &[0]].concat();
    let starts = inks.map(|ink| if ink == 0 { "1011111110" } else { "1000000000" });
    let bits = starts.concat() + &"00".repeat(4 * (PLANE / 64 - 1));
    let bytes = bits.as_bytes().chunks(8).flat_map(|bits| {
        let byte = bits.iter().chain(&[b'1'; 8]).take(8).fold(0, |byte, bit| byte << 1 | (bit - b'0'));
        if byte == 0xFF { vec![byte, 0] } else { vec![byte] }
    });
    [
        vec![0xFF, 0xD8],
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xDB, &[&[0], &[8; 64][..]].concat()),
        segment(0xC0, &[&[8, 0, 32, 0, 32, 4], &[1, 2, 3, 4].map(component).concat()[..]].concat()),
        segment(0xC4, &first),
        segment(0xC4, &rest),
        segment(0xDA, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]),
        bytes.collect(),
        vec![0xFF, 0xD9],
    ]
    .concat()
}

/// A colour that differs from place to place, in every channel.
fn speckle(x: u32, y: u32) -> Rgb<u8> {
    Rgb([37, 101, 173].map(|factor| ((x * factor + y * (factor + 58) + x * y) % 256) as u8))
}

/// `[3, 32, 32]` from a colour for each place.
fn planar(colour: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut planes = vec![0; IMAGE_BYTES];
    for at in 0..PLANE {
        for (channel, value) in colour((at % SIDE) as u32, (at / SIDE) as u32).into_iter().enumerate() {
            planes[channel * PLANE + at] = value;
        }
    }
    planes
}

fn pixel(planes: &[u8], x: usize, y: usize) -> [u8; 3] {
    [0, 1, 2].map(|channel| planes[channel * PLANE + y * SIDE + x])
}

fn png(picture: DynamicImage) -> Vec<u8> {
    encode(picture, ImageFormat::Png)
}

fn encode(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    picture.write_to(&mut bytes, format).expect("memory takes any image");
    bytes.into_inner()
}

fn jpeg(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = vec![];
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    let (width, height) = picture.dimensions();
    encoder.write_image(picture.as_raw(), width, height, ExtendedColorType::L8).expect("memory takes any image");
    bytes
}

/// A JPEG with an EXIF segment of one entry, the orientation, put behind its first marker.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0], &[0; 4]].concat();
    let body = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = u16::try_from(body.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &body, &jpeg[2..]].concat()
}

/// A small PNG whose header claims another size, with the checksum to match.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = vec![];
    PngEncoder::new(&mut bytes).write_image(&[0; 3], 1, 1, ExtendedColorType::Rgb8).expect("memory takes any image");
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&checksum);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn a_mirrored_image_has_its_rows_reversed() {
    let pixels: Vec<u8> = (0..2 * IMAGE_BYTES).map(|at| (at * 7 % 251) as u8).collect();
    let set = ImageSet { pixels, labels: vec![3, 5] };
    let mirrored = set.mirrored();
    assert_eq!(mirrored.labels, set.labels);
    for at in 0..2 * IMAGE_BYTES {
        let (row, x) = (at / SIDE, at % SIDE);
        assert_eq!(mirrored.pixels[at], set.pixels[row * SIDE + SIDE - 1 - x], "byte {at}");
    }
}
