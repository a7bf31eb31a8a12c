//! Lines over two logarithmic axes.

use super::scale::{Scale, rule, svg, text};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 55.0;
const BOTTOM: f64 = 270.0;
const COLOURS: [&str; 3] = ["#c2410c", "#1d4ed8", "#15803d"];

/// What is drawn.
pub(super) struct Lines<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// Names and points; every coordinate is above 0.
    pub(super) series: Vec<(&'a str, Vec<(f64, f64)>)>,
}

impl Lines<'_> {
    pub(super) fn svg(&self) -> String {
        let all = || self.series.iter().flat_map(|(_, points)| points);
        let x = Scale::over(all().map(|point| point.0), LEFT, RIGHT);
        let y = Scale::over(all().map(|point| point.1), BOTTOM, TOP);
        let mut inner = self.axes(&x, &y);
        for (number, ((name, points), colour)) in self.series.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let path: Vec<String> =
                points.iter().map(|(a, b)| format!("{:.1} {:.1}", x.place(*a), y.place(*b))).collect();
            let line = path.join("L");
            inner += &format!("<path d=\"M{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
            for (a, b) in points {
                inner += &format!(
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>\n",
                    x.place(*a),
                    y.place(*b)
                );
            }
            let at = LEFT + 190.0 * f64::from(u32::try_from(number).unwrap_or(0));
            inner += &format!("<rect x=\"{at}\" y=\"32\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\n");
            inner += &text(at + 20.0, 39.0, "start", name);
        }
        svg(WIDTH, HEIGHT, self.title, &inner)
    }

    fn axes(&self, x: &Scale, y: &Scale) -> String {
        let mut inner = String::new();
        for (at, words) in x.ticks() {
            inner += &rule((at, TOP), (at, BOTTOM));
            inner += &text(at, BOTTOM + 16.0, "middle", &words);
        }
        for (at, words) in y.ticks() {
            inner += &rule((LEFT, at), (RIGHT, at));
            inner += &text(LEFT - 6.0, at + 4.0, "end", &words);
        }
        inner += &text((LEFT + RIGHT) / 2.0, BOTTOM + 36.0, "middle", self.x);
        let at = (TOP + BOTTOM) / 2.0;
        inner
            + &format!(
                "<text transform=\"translate(14 {at}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                self.y
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_is_drawn_within_the_axes() {
        let series = vec![("one", vec![(1.0, 5.0), (1000.0, 50.0)]), ("two", vec![(10.0, 7.0)])];
        let svg = Lines { title: "t", x: "x", y: "y", series }.svg();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("cx=\"60.0\"") && svg.contains("cx=\"610.0\""), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
