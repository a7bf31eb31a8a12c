//! Bars over one logarithmic axis, with their values beside them.

use super::scale::{Scale, rule, svg, text};

const WIDTH: f64 = 640.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 40.0;
const EACH: f64 = 22.0;

/// What is drawn.
pub(super) struct Bars<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    /// Names and values above 0, from top to bottom.
    pub(super) bars: Vec<(String, f64)>,
}

impl Bars<'_> {
    pub(super) fn svg(&self) -> String {
        let scale = Scale::over(self.bars.iter().map(|bar| bar.1), LEFT, RIGHT);
        let bottom = TOP + EACH * f64::from(u32::try_from(self.bars.len()).unwrap_or(0));
        let mut inner = String::new();
        for (at, words) in scale.ticks() {
            inner += &rule((at, TOP), (at, bottom));
            inner += &text(at, bottom + 16.0, "middle", &words);
        }
        let mut y = TOP;
        for (name, value) in &self.bars {
            let colour = if name.starts_with("lambent") { "#c2410c" } else { "#64748b" };
            let width = (scale.place(*value) - LEFT).max(1.0);
            inner += &text(LEFT - 8.0, y + 15.0, "end", name);
            inner += &format!(
                "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"15\" fill=\"{colour}\"/>\n",
                y + 3.0
            );
            inner += &text(LEFT + width + 6.0, y + 15.0, "start", &format!("{value:.2}"));
            y += EACH;
        }
        inner += &text((LEFT + RIGHT) / 2.0, bottom + 34.0, "middle", self.unit);
        svg(WIDTH, bottom + 45.0, self.title, &inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_has_a_colour_of_its_own() {
        let bars = vec![("lambent python".to_owned(), 2.0), ("other".to_owned(), 20.0)];
        let svg = Bars { title: "t", unit: "ms", bars }.svg();
        assert_eq!(svg.matches("#c2410c").count(), 1);
        assert_eq!(svg.matches("#64748b").count(), 1);
    }
}
