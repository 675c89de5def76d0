//! Medians and spreads.

/// Measurements of one thing.
pub(crate) struct Stats(Vec<f64>);

impl Stats {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The value below which that part of all values lies.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let index = ((self.0.len() - 1) as f64 * part).round() as usize;
        self.0[index]
    }

    pub(crate) fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss)]
        let count = self.0.len() as f64;
        self.0.iter().sum::<f64>() / count
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// `label: median (lowest to highest)`.
pub(crate) fn report(label: &str, unit: &str, stats: &Stats) {
    println!(
        "  {label:<58} {:>9.3} {unit:<4} ({:.3} to {:.3})",
        stats.median(),
        stats.quantile(0.0),
        stats.quantile(1.0)
    );
}

/// `label: ratio of the medians, median of the ratios (lowest to highest)`.
pub(crate) fn report_ratio(label: &str, own: &[f64], others: &[f64]) {
    let median = |values: &[f64]| Stats::of(values.iter().copied()).median();
    let of_medians = median(own) / median(others);
    let ratios = Stats::of(own.iter().zip(others).map(|(own, other)| own / other));
    println!(
        "  {label:<58} {of_medians:>9.3} x, {:.3} x ({:.3} to {:.3})",
        ratios.median(),
        ratios.quantile(0.0),
        ratios.quantile(1.0)
    );
}
