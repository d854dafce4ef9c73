//! What is sold, what it costs, and who needs what.

/// Categories of goods.
pub(super) const N_CATEGORIES: usize = 12;
/// Latent need profiles.
pub(super) const N_PROFILES: usize = 6;
/// Products of a category.
const N_PER_CATEGORY: usize = 24;

/// One category: its name, how its money compares with the mean line, and its products.
struct Category {
    name: &'static str,
    price: f64,
    goods: [&'static str; 8],
}

const fn category(name: &'static str, price: f64, goods: [&'static str; 8]) -> Category {
    Category { name, price, goods }
}

#[rustfmt::skip]
const CATEGORIES: [Category; N_CATEGORIES] = [
    category("Frutas y verduras", 0.75, ["Plátano", "Tomate", "Limón", "Calabacín", "Piña", "Champiñón", "Espárrago", "Melón"]),
    category("Panadería", 0.6, ["Pan candeal", "Bollería", "Magdalena", "Rosquilla de anís", "Empanada", "Bizcocho", "Pan de molde", "Polvorón"]),
    category("Lácteos", 0.7, ["Leche", "Yogur natural", "Queso curado", "Requesón", "Cuajada", "Mantequilla", "Nata líquida", "Kéfir"]),
    category("Carne y pescado", 1.5, ["Jamón cocido", "Chorizo", "Salmón", "Atún", "Pechuga de pollo", "Lomo", "Boquerón", "Calamar"]),
    category("Despensa", 0.8, ["Arroz", "Lenteja", "Aceite de oliva", "Café molido", "Azúcar", "Turrón", "Infusión", "Garbanzo"]),
    category("Bebidas", 0.9, ["Agua mineral", "Zumo de melocotón", "Vino tinto", "Sidra", "Cerveza", "Refresco de limón", "Horchata", "Vermú"]),
    category("Limpieza", 0.9, ["Jabón de Marsella", "Lejía", "Detergente líquido", "Estropajo", "Friegasuelos", "Bolsa de basura", "Limpiacristales", "Suavizante"]),
    category("Cuidado personal", 1.2, ["Champú", "Gel de baño", "Colonia", "Crema de día", "Cepillo", "Dentífrico", "Jabón líquido", "Protección solar"]),
    category("Bebé", 1.5, ["Pañal", "Papilla", "Toallita", "Biberón", "Leche de inicio", "Champú bebé", "Babero", "Chupete"]),
    category("Mascotas", 1.3, ["Pienso perro", "Pienso gato", "Arena", "Hueso dental", "Juguete", "Champú perro", "Snack", "Collar"]),
    category("Hogar", 2.6, ["Sartén", "Sábana", "Cojín", "Lámpara", "Vajilla", "Edredón", "Cubertería", "Cortina"]),
    category("Jardín", 3.0, ["Maceta", "Sustrato", "Manguera", "Tijera de podar", "Semilla de césped", "Silla de jardín", "Sombrilla", "Regadera"]),
];

const SIZES: [&str; 3] = ["pequeño", "clásico", "tamaño familiar"];
const BRANDS: [&str; 5] = ["La Alacena", "Doña Inés", "Verdín", "Ñandú", "Básico"];

/// How often a need profile occurs.
pub(super) const PROFILE_WEIGHTS: [f64; N_PROFILES] = [0.26, 0.20, 0.17, 0.15, 0.12, 0.10];

/// Names of the profiles, for the truth alone.
pub(super) const PROFILE_NAMES: [&str; N_PROFILES] =
    ["fresh kitchen", "young family", "home makers", "pets", "garden", "quick and sweet"];

/// What share of its lines a profile buys of each category, as weights.
#[rustfmt::skip]
const PROFILES: [[f64; N_CATEGORIES]; N_PROFILES] = [
    //fru pan lac car des beb lim cui bebe mas hog jar
    [24., 8., 10., 22., 14., 5., 4., 2., 1., 1., 2., 1.],
    [9., 6., 14., 6., 7., 3., 7., 6., 30., 1., 4., 1.],
    [4., 3., 4., 4., 5., 3., 16., 14., 1., 2., 26., 4.],
    [6., 4., 5., 6., 7., 4., 7., 3., 1., 34., 3., 5.],
    [10., 4., 5., 4., 5., 4., 5., 2., 1., 5., 9., 30.],
    [3., 26., 9., 3., 12., 28., 2., 4., 1., 1., 2., 1.],
];

/// One product.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) category: usize,
    pub(super) brand: &'static str,
    /// List price in cents.
    pub(super) price: i64,
    /// Cost in cents.
    pub(super) cost: i64,
}

/// The name of a category; of the last one beyond the list.
pub(super) fn category_name(category: usize) -> &'static str {
    CATEGORIES.get(category).map_or("", |category| category.name)
}

/// What a line of a category costs by the mean line.
pub(super) fn category_price(category: usize) -> f64 {
    CATEGORIES.get(category).map_or(1.0, |category| category.price)
}

/// Shares of lines by category that a profile tends to; they sum to 1.
pub(super) fn profile_shares(profile: usize) -> [f64; N_CATEGORIES] {
    let weights = PROFILES.get(profile).copied().unwrap_or([1.0; N_CATEGORIES]);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// The whole range, by category and then by price.
pub(super) fn products() -> Vec<Product> {
    let mut products = Vec::with_capacity(N_CATEGORIES * N_PER_CATEGORY);
    for (index, category) in CATEGORIES.iter().enumerate() {
        for rank in 0..N_PER_CATEGORY {
            // From a quarter of the mean price to four times as much, in even ratios; the odd cents
            // make prices look like prices.
            let ratio = 0.25 * 16.0_f64.powf(rank as f64 / (N_PER_CATEGORY - 1) as f64);
            let price = (category.price * ratio * 400.0 / 5.0).round() as i64 * 5 - 1;
            let good = category.goods.get(rank % 8).copied().unwrap_or_default();
            let size = SIZES.get(rank / 8).copied().unwrap_or_default();
            products.push(Product {
                code: format!("P{index:02}{rank:02}"),
                name: format!("{good} {size}"),
                category: index,
                brand: BRANDS.get((index * 7 + rank) % BRANDS.len()).copied().unwrap_or_default(),
                price,
                cost: price * 62 / 100,
            });
        }
    }
    products
}

/// The product of a category whose list price is nearest to a price in cents.
pub(super) fn nearest(products: &[Product], category: usize, cents: i64) -> usize {
    let first = category * N_PER_CATEGORY;
    let own = products.get(first..first + N_PER_CATEGORY).unwrap_or_default();
    let above = own.partition_point(|product| product.price < cents);
    let distance =
        |at: usize| own.get(at).map_or(i64::MAX, |product| (product.price - cents).abs());
    let below = above.saturating_sub(1);
    first + if distance(below) <= distance(above) { below } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_rise_within_a_category_and_names_fit_latin_1() {
        let products = products();
        assert_eq!(products.len(), 288);
        for own in products.chunks(N_PER_CATEGORY) {
            assert!(own.windows(2).all(|pair| pair[0].price < pair[1].price));
        }
        for product in &products {
            assert!(0 < product.cost && product.cost < product.price);
            assert!(product.name.chars().all(|c| u32::from(c) < 256), "{}", product.name);
        }
    }

    #[test]
    fn the_nearest_price_is_found() {
        let products = products();
        for (at, product) in products.iter().enumerate() {
            assert_eq!(nearest(&products, product.category, product.price), at);
        }
        assert_eq!(nearest(&products, 11, 0), 264);
        assert_eq!(nearest(&products, 11, 1_000_000), 287);
    }

    #[test]
    fn profiles_differ_most_in_what_they_are_named_for() {
        let garden = N_CATEGORIES - 1;
        let most = (0..N_PROFILES)
            .max_by(|a, b| profile_shares(*a)[garden].total_cmp(&profile_shares(*b)[garden]));
        assert_eq!(most.and_then(|it| PROFILE_NAMES.get(it)), Some(&"garden"));
    }
}
