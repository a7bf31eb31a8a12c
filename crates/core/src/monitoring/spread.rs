//! How the values of a bucket are spread: each by itself while they are few, then on a grid. Percentiles of a grid are off
//! by 1 % at most while the values span less than a factor of 25,000, and by twice as much for each further doubling of
//! the digits between least and greatest. Never grows beyond [`SPREAD_CELLS_MAX`].

use crate::limits::SPREAD_CELLS_MAX;

/// The ratio of two neighbours on the finest grid: the middle of a cell is 1 % from its ends.
const FINEST: f64 = 1.02;

/// On the coarsest grid all numbers of one sign are nearly one.
const LEVEL_MAX: u8 = 16;

/// Values and how often each came, in ascending order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spread {
    level: u8,
    cells: Vec<(f64, f64)>,
}

impl Spread {
    /// One that was kept.
    #[must_use]
    pub fn of(level: u8, cells: Vec<(f64, f64)>) -> Self {
        Self { level, cells }
    }

    /// How coarse the grid is; 0 where each value stands by itself.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Values and counts in ascending order of the values.
    #[must_use]
    pub fn cells(&self) -> &[(f64, f64)] {
        &self.cells
    }

    /// Adds a value so many times.
    pub fn add(&mut self, value: f64, count: f64) {
        let value = snap(value, self.level);
        match self.cells.binary_search_by(|(cell, _)| cell.total_cmp(&value)) {
            Ok(at) => self.cells[at].1 += count,
            Err(at) => {
                self.cells.insert(at, (value, count));
                self.shrink();
            }
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        if self.level < other.level {
            self.coarsen(other.level);
        }
        for (value, count) in &other.cells {
            self.add(*value, *count);
        }
    }

    fn shrink(&mut self) {
        while self.cells.len() > SPREAD_CELLS_MAX && self.level < LEVEL_MAX {
            self.coarsen(self.level + 1);
        }
    }

    fn coarsen(&mut self, level: u8) {
        self.level = level;
        let mut cells: Vec<(f64, f64)> = Vec::new();
        for (value, count) in std::mem::take(&mut self.cells) {
            let value = snap(value, level);
            match cells.last_mut() {
                Some((last, sum)) if last.total_cmp(&value).is_eq() => *sum += count,
                _ => cells.push((value, count)),
            }
        }
        self.cells = cells;
    }
}

/// The place of a value on the grid of a level. Snapping keeps the order.
fn snap(value: f64, level: u8) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    if level == 0 {
        return value;
    }
    let step = FINEST.ln() * f64::from(1_u32 << (level - 1));
    ((value.abs().ln() / step).round() * step).exp().copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_stand_by_themselves() {
        let mut spread = Spread::default();
        for value in [3.0, 1.0, 3.0, -0.0, 0.0] {
            spread.add(value, 1.0);
        }
        assert_eq!((spread.level(), spread.cells()), (0, &[(0.0, 2.0), (1.0, 1.0), (3.0, 2.0)][..]));
    }

    #[test]
    fn many_values_are_at_most_a_hundredth_off() {
        let mut spread = Spread::default();
        for value in 1..=20_000 {
            spread.add(f64::from(value), 1.0);
        }
        assert!(spread.cells().len() <= SPREAD_CELLS_MAX && spread.level() == 1, "{}", spread.level());
        assert!((spread.cells().iter().map(|(_, count)| count).sum::<f64>() - 20_000.0).abs() < 1e-6);
        for value in [1.0, 17.0, 9_999.0, 20_000.0] {
            assert!((snap(value, 1) / value - 1.0).abs() < 0.0101, "{value}");
        }
    }

    #[test]
    fn the_widest_spread_stays_bounded_and_in_order() {
        let mut spread = Spread::default();
        for exponent in -300..300 {
            for sign in [-1.0, 1.0] {
                spread.add(sign * 10_f64.powi(exponent), 1.0);
            }
        }
        assert!(spread.cells().len() <= SPREAD_CELLS_MAX);
        assert!(spread.cells().is_sorted_by(|(one, _), (other, _)| one < other));
    }

    #[test]
    fn the_coarser_of_two_is_what_they_become() {
        let (mut fine, mut coarse) = (Spread::default(), Spread::default());
        (1..=1000).for_each(|value| coarse.add(f64::from(value), 1.0));
        fine.add(500.0, 1.0);
        fine.merge(&coarse);
        assert_eq!(fine.level(), coarse.level());
        assert!((fine.cells().iter().map(|(_, count)| count).sum::<f64>() - 1001.0).abs() < 1e-9);
    }
}
