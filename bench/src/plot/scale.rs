//! A logarithmic scale, and what both kinds of figure share. Never draws a figure.

/// From values to places, by their logarithm; ends at whole powers of ten.
#[derive(Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from_px: f64,
    to_px: f64,
}

impl Scale {
    /// Over these values, of which none is 0 or less.
    pub(super) fn over(values: impl Iterator<Item = f64> + Clone, from_px: f64, to_px: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(0.0, f64::max).log10().ceil().max(low + 1.0);
        Self { low, high, from_px, to_px }
    }

    pub(super) fn place(&self, value: f64) -> f64 {
        self.from_px + (value.log10() - self.low) / (self.high - self.low) * (self.to_px - self.from_px)
    }

    /// The powers of ten on it, with their words.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let tick = |power: f64| (self.place(10f64.powf(power)), words(10f64.powf(power)));
        let mut ticks = Vec::new();
        let mut power = self.low;
        while power <= self.high {
            ticks.push(tick(power));
            power += 1.0;
        }
        ticks
    }
}

/// `0.01`, `10`, `1k`, `1M`.
pub(super) fn words(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{}M", v / 1e6),
        v if v >= 1e3 => format!("{}k", v / 1e3),
        v if v >= 0.995 => format!("{v:.0}"),
        v => format!("{}", (v * 1e6).round() / 1e6),
    }
}

/// A text at a place: `start`, `middle` or `end` of it stands there.
pub(super) fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

/// A thin grey line.
pub(super) fn rule((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#ddd\"/>\n")
}

/// The whole file.
pub(super) fn svg(width: f64, height: f64, title: &str, inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{title}</text>\n{inner}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_begins_and_ends_at_powers_of_ten() {
        let scale = Scale::over([20.0, 700.0].into_iter(), 0.0, 200.0);
        assert!((scale.place(10.0) - 0.0).abs() < 1e-9);
        assert!((scale.place(100.0) - 100.0).abs() < 1e-9);
        let words: Vec<String> = scale.ticks().into_iter().map(|(_, words)| words).collect();
        assert_eq!(words, ["10", "100", "1k"]);
    }

    #[test]
    fn one_value_has_a_scale_too() {
        assert_eq!(Scale::over([10.0].into_iter(), 0.0, 1.0).ticks().len(), 2);
    }
}
