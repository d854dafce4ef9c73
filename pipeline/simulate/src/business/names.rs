//! Lists of which people and places are made up. Nobody is meant.

/// Given names of women.
pub(super) const WOMEN: [&str; 32] = [
    "María", "Carmen", "Lucía", "Ana", "Laura", "Marta", "Paula", "Elena", "Sofía", "Irene",
    "Alba", "Rocío", "Nuria", "Inés", "Clara", "Sara", "Julia", "Raquel", "Silvia", "Pilar",
    "Teresa", "Beatriz", "Noelia", "Eva", "Gloria", "Begoña", "Ángela", "Aitana", "Valeria",
    "Martina", "Olga", "Ruth",
];

/// Given names of men.
pub(super) const MEN: [&str; 32] = [
    "José", "Antonio", "Manuel", "Luis", "Javier", "Carlos", "Miguel", "Pablo", "Álvaro", "Sergio",
    "Diego", "Jorge", "Andrés", "Raúl", "Iván", "Óscar", "Rubén", "Víctor", "Hugo", "Mateo",
    "Daniel", "Adrián", "Marcos", "Nicolás", "Tomás", "Ramón", "Joaquín", "Gonzalo", "Íñigo",
    "Bruno", "Leo", "Félix",
];

/// Family names.
pub(super) const FAMILIES: [&str; 60] = [
    "García",
    "González",
    "Rodríguez",
    "Fernández",
    "López",
    "Martínez",
    "Sánchez",
    "Pérez",
    "Gómez",
    "Martín",
    "Jiménez",
    "Ruiz",
    "Hernández",
    "Díaz",
    "Moreno",
    "Muñoz",
    "Álvarez",
    "Romero",
    "Alonso",
    "Gutiérrez",
    "Navarro",
    "Torres",
    "Domínguez",
    "Vázquez",
    "Ramos",
    "Gil",
    "Ramírez",
    "Serrano",
    "Blanco",
    "Molina",
    "Morales",
    "Suárez",
    "Ortega",
    "Delgado",
    "Castro",
    "Ortiz",
    "Rubio",
    "Marín",
    "Sanz",
    "Núñez",
    "Iglesias",
    "Medina",
    "Garrido",
    "Cortés",
    "Castillo",
    "Santos",
    "Lozano",
    "Guerrero",
    "Cano",
    "Prieto",
    "Méndez",
    "Cruz",
    "Calvo",
    "Gallego",
    "Vidal",
    "León",
    "Márquez",
    "Herrera",
    "Peña",
    "Cabrera",
];

/// Streets, without number.
pub(super) const STREETS: [&str; 24] = [
    "Calle Mayor",
    "Calle Real",
    "Calle del Olmo",
    "Calle de la Fuente",
    "Avenida del Tajo",
    "Paseo de la Estación",
    "Calle Nueva",
    "Plaza del Mercado",
    "Calle del Sol",
    "Calle Cervantes",
    "Calle San Antón",
    "Ronda del Sur",
    "Calle de las Huertas",
    "Avenida de Castilla",
    "Calle del Molino",
    "Travesía del Pozo",
    "Calle Ancha",
    "Calle de la Cruz",
    "Calle Jardines",
    "Camino Viejo",
    "Calle de la Iglesia",
    "Calle Goya",
    "Calle Lope de Vega",
    "Calle Almendros",
];

/// Where the shops are: code of the shop, city, postal code, weight.
pub(super) const CITIES: [(&str, &str, &str, f64); 6] = [
    ("S1", "Madrid", "28005", 30.0),
    ("S2", "Toledo", "45003", 20.0),
    ("S3", "Alcalá de Henares", "28801", 18.0),
    ("S4", "Guadalajara", "19001", 14.0),
    ("S5", "Segovia", "40002", 10.0),
    ("S6", "Ávila", "05001", 8.0),
];

/// Domains that nobody can own (RFC 2606, section 3).
pub(super) const DOMAINS: [&str; 4] =
    ["example.org", "example.com", "example.net", "correo.example.org"];

/// A name in small letters of ASCII, for addresses.
pub(super) fn ascii(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            'a'..='z' | '0'..='9' => Some(c),
            'á' => Some('a'),
            'é' => Some('e'),
            'í' => Some('i'),
            'ó' => Some('o'),
            'ú' | 'ü' => Some('u'),
            'ñ' => Some('n'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_an_address() {
        for name in WOMEN.iter().chain(&MEN).chain(&FAMILIES) {
            assert_eq!(ascii(name).chars().count(), name.chars().count(), "{name}");
        }
    }
}
