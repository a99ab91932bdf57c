//! From a size in pixels to a ratio that a server knows. In: width and height. Out: the server's word, and whether it is that
//! ratio or only near it. Never here: how many pixels come out.

/// The ratios that Gemini's image models make.
const RATIOS: [(&str, u32, u32); 10] = [
    ("1:1", 1, 1),
    ("2:3", 2, 3),
    ("3:2", 3, 2),
    ("3:4", 3, 4),
    ("4:3", 4, 3),
    ("4:5", 4, 5),
    ("5:4", 5, 4),
    ("9:16", 9, 16),
    ("16:9", 16, 9),
    ("21:9", 21, 9),
];

/// The nearest ratio, if it is at most a fiftieth off (1792x1024 is meant as 16:9).
pub(super) fn of((width, height): (u32, u32)) -> Option<&'static str> {
    let (width, height) = (u64::from(width), u64::from(height));
    let off = |(_, w, h): &(&str, u32, u32)| {
        let (ours, theirs) = (width * u64::from(*h), height * u64::from(*w));
        // In thousandths of the greater, so that being wider and being higher weigh the same.
        ours.abs_diff(theirs) * 1_000 / ours.max(theirs).max(1)
    };
    let nearest = RATIOS.iter().min_by_key(|ratio| off(ratio))?;
    (off(nearest) <= 20).then_some(nearest.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_ratio_that_they_mean() {
        for (size, ratio) in [
            ((1024, 1024), Some("1:1")),
            ((1024, 1536), Some("2:3")),
            ((1536, 1024), Some("3:2")),
            ((1792, 1024), Some("16:9")),
            ((1024, 1792), Some("9:16")),
            ((864, 1152), Some("3:4")),
            ((1536, 672), Some("21:9")),
            ((99_999, 1), None),
            ((3_000, 1_000), None),
        ] {
            assert_eq!(of(size), ratio, "{size:?}");
        }
    }
}
