//! Model files: what is written comes back, and a file that is not as it should be is refused with the reason.

#[allow(dead_code, unused_imports, unused_macros, reason = "only the suite's networks are of use here")]
mod suite;

use burn::tensor::{Device, Tensor};
use gradient_features::{
    Mode, Parametrization, Scope,
    model::{
        config::EncoderKind,
        encoder::{Conv, Encoder},
        linear::Head,
    },
    weights::{
        FORMAT, Part, Precision, WeightsError, metadata, read_base, read_head, write_base, write_head, write_model,
    },
};
use half::{bf16, f16};
use pollster::block_on;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};
use suite::{
    measure,
    recipe::{Network, Point},
};

const NETWORK: Network =
    Network { kind: EncoderKind::Ali, parametrization: Parametrization::Ntk, slope: 0.2, point: Point::Generic };
const VAE: Network = Network { kind: EncoderKind::Vae, ..NETWORK };

/// A base network's file, and the network as it is read from it.
static BASE: LazyLock<(Vec<u8>, Encoder)> = LazyLock::new(|| {
    let bytes = write_base(&NETWORK.encoder(&cpu()), Precision::F32).expect("finite");
    let encoder = read_base(&bytes, &cpu()).expect("it is whole");
    (bytes, encoder)
});

/// The smallest head's file.
static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let head = NETWORK.head(Mode::Activation, Scope::Conv5, &cpu());
    write_head(&BASE.1, &head, Precision::F32).expect("finite")
});

#[test]
fn a_base_network_comes_back() {
    for (network, precision) in [NETWORK, VAE].into_iter().flat_map(both_precisions) {
        let network = network.encoder(&cpu());
        let bytes = write_base(&network, precision).expect("finite");
        let read = read_base(&bytes, &cpu()).expect("it is whole");
        assert_eq!(read.config(), network.config());
        assert!(convs(&read.parameters()) == rounded(convs(&network.parameters()), precision), "{precision:?}");
        assert_eq!(read.digest().map(str::len), Some(64), "SHA-256 in hexadecimal");
        assert_eq!(metadata(&bytes).expect("it is whole").part, Part::Base);
        assert!(
            bytes == write_base(&network, precision).expect("finite"),
            "one model makes one file: heads name their base network by its digest"
        );
    }
}

#[test]
fn heads_of_every_mode_and_scope_come_back() {
    for (network, precision) in [NETWORK, VAE].into_iter().flat_map(both_precisions) {
        let encoder = &network.encoder(&cpu());
        for &mode in Mode::ALL {
            for &scope in network.kind.scopes() {
                let head = network.head(mode, scope, &cpu());
                let read = read_head(&write_head(encoder, &head, precision).expect("finite"), encoder, &cpu())
                    .expect("it is whole");
                assert_eq!((read.mode, read.scope, &read.classes), (mode, scope, &head.classes));
                assert!(numbers(&read) == rounded(numbers(&head), precision), "{mode}, {scope}, {precision:?}");
            }
        }
    }
}

#[test]
fn a_scope_of_another_encoder_is_refused() {
    let problem = |error: WeightsError| {
        let WeightsError::BadValue { key: "scope", problem, .. } = error else { panic!("{error}") };
        problem
    };
    let error = refusal(|file| file.say("scope", "conv8"));
    assert_eq!(problem(error), "the ali encoder has no scope conv8: it has conv5, conv4-5, conv3-5");
    let error = refusal(|file| file.say("kind", "vae"));
    assert_eq!(problem(error), "the vae encoder has no scope conv5: it has conv8");
}

#[test]
fn a_model_comes_back_as_base_and_head() {
    let encoder = NETWORK.encoder(&cpu());
    let head = NETWORK.head(Mode::Full, Scope::Conv45, &cpu());
    let bytes = write_model(&encoder, &head, Precision::F32).expect("finite");
    let read = read_base(&bytes, &cpu()).expect("it is whole");
    assert!(convs(&read.parameters()) == convs(&encoder.parameters()));
    assert!(numbers(&read_head(&bytes, &read, &cpu()).expect("it is whole")) == numbers(&head));
}

#[test]
fn names_with_any_characters_come_back() {
    let mut head = NETWORK.head(Mode::Activation, Scope::Conv5, &cpu());
    head.classes[0] = "\"quoted\", \\ 猫 🐈\n".to_owned();
    let read =
        read_head(&write_head(&BASE.1, &head, Precision::F32).expect("finite"), &BASE.1, &cpu()).expect("it is whole");
    assert_eq!(read.classes, head.classes);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for end in 0..HEAD.len() {
        let error = read_head(&HEAD[..end], &BASE.1, &cpu()).expect_err("it is cut");
        assert!(matches!(error, WeightsError::Container(_)), "cut at {end}: {error}");
    }
    let base = &BASE.0;
    for end in (0..base.len()).step_by(base.len() / 97).chain([base.len() - 1]) {
        let error = read_base(&base[..end], &cpu()).expect_err("it is cut");
        assert!(matches!(error, WeightsError::Container(_)), "cut at {end}: {error}");
    }
}

#[test]
fn a_file_with_something_behind_it_is_refused() {
    let error = read_head(&[HEAD.as_slice(), b"\n"].concat(), &BASE.1, &cpu()).expect_err("it is too long");
    assert!(matches!(error, WeightsError::Container(_)), "{error}");
}

#[test]
fn wrong_shapes_are_refused() {
    let error = refusal(|file| file.entry("classifier.bias").shape = vec![2, 5]);
    let WeightsError::Shape { name, found, expected } = error else { panic!("{error}") };
    assert_eq!((name.as_str(), found, expected), ("classifier.bias", vec![2, 5], vec![10]));
    let error = refusal(|file| file.entry("classifier.weight").shape.reverse());
    assert!(matches!(&error, WeightsError::Shape { name, .. } if name == "classifier.weight"), "{error}");
    let error = refusal(|file| file.say("classes", r#"["one", "two"]"#));
    assert!(matches!(&error, WeightsError::Shape { .. }), "{error}");
}

#[test]
fn numbers_that_are_none_are_refused() {
    for value in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = refusal(|file| file.entry("classifier.bias").bytes[12..16].copy_from_slice(&value.to_le_bytes()));
        let WeightsError::NotFinite { name, index } = error else { panic!("{value}: {error}") };
        assert_eq!((name.as_str(), index), ("classifier.bias", 3));
    }
    let mut half = Contents::of(
        &write_head(&BASE.1, &NETWORK.head(Mode::Activation, Scope::Conv5, &cpu()), Precision::F16).expect("finite"),
    );
    half.entry("classifier.weight").bytes[..2].copy_from_slice(&f16::INFINITY.to_le_bytes());
    let error = read_head(&half.bytes(), &BASE.1, &cpu()).expect_err("it has an infinity");
    assert!(matches!(&error, WeightsError::NotFinite { index: 0, .. }), "{error}");
}

#[test]
fn wrong_types_are_refused() {
    let error = refusal(|file| file.entry("classifier.bias").dtype = Dtype::I32);
    let WeightsError::Type { name, found } = error else { panic!("{error}") };
    assert_eq!((name.as_str(), found), ("classifier.bias", Dtype::I32));
    // As many bytes a number as F16, and other numbers.
    let error = refusal(|file| {
        let bias = file.entry("classifier.bias");
        (bias.dtype, bias.bytes) = (Dtype::I16, vec![0; 20]);
    });
    assert!(matches!(&error, WeightsError::Type { found: Dtype::I16, .. }), "{error}");
}

#[test]
fn numbers_of_other_widths_are_read() {
    // Each of these is the same number in every width.
    let numbers: [f32; 10] = std::array::from_fn(|index| index as f32 / 4.0 - 1.0);
    let widths: [(Dtype, Vec<u8>); 4] = [
        (Dtype::F64, numbers.iter().flat_map(|&number| f64::from(number).to_le_bytes()).collect()),
        (Dtype::F32, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
        (Dtype::F16, numbers.iter().flat_map(|&number| f16::from_f32(number).to_le_bytes()).collect()),
        (Dtype::BF16, numbers.iter().flat_map(|&number| bf16::from_f32(number).to_le_bytes()).collect()),
    ];
    for (dtype, bytes) in widths {
        let mut file = Contents::of(&HEAD);
        let bias = file.entry("classifier.bias");
        (bias.dtype, bias.bytes) = (dtype, bytes);
        let head = read_head(&file.bytes(), &BASE.1, &cpu()).expect("the numbers can be read");
        let classifier = head.parameters.classifier.expect("it has a classifier");
        assert_eq!(read(classifier.bias.val()), numbers, "{dtype:?}");
    }
    let error = refusal(|file| {
        let bias = file.entry("classifier.bias");
        (bias.dtype, bias.bytes) =
            (Dtype::F64, [1e39_f64; 10].iter().flat_map(|number| number.to_le_bytes()).collect());
    });
    assert!(matches!(&error, WeightsError::NotFinite { .. }), "{error}");
}

#[test]
fn missing_and_unexpected_tensors_are_refused() {
    let error = refusal(|file| drop(file.tensors.remove("classifier.bias")));
    assert!(matches!(&error, WeightsError::MissingTensor(name) if name == "classifier.bias"), "{error}");
    let error = refusal(|file| {
        let copy = file.entry("classifier.bias").clone();
        file.tensors.insert("conv6.weight".to_owned(), copy);
    });
    assert!(matches!(&error, WeightsError::UnexpectedTensor(name) if name == "conv6.weight"), "{error}");
    let error = refusal(|file| file.say("mode", "full"));
    assert!(matches!(&error, WeightsError::MissingTensor(_)), "{error}");
}

#[test]
fn unknown_words_in_the_metadata_are_refused() {
    for (key, value, named) in [
        ("format", "gradfeat-2", FORMAT),
        ("part", "tail", "base, head, model"),
        ("kind", "resnet", "ali, vae"),
        ("slope", "steep", "number"),
        ("slope", "NaN", "finite"),
        ("slope", "inf", "finite"),
        ("input_range", "0,255", "0,1, -1,1"),
        ("parametrization", "mup", "standard, ntk"),
        ("mode", "half", "activation, gradient, full, finetune"),
        ("scope", "conv6", "conv5, conv4-5, conv3-5, conv8"),
        ("classes", "cat, dog", "JSON"),
        ("classes", "[]", "too few"),
        ("classes", "[1, 2]", "JSON"),
    ] {
        let error = refusal(|file| file.say(key, value));
        assert!(matches!(&error, WeightsError::BadValue { key: found, .. } if *found == key), "{key}: {error}");
        assert!(error.to_string().contains(named), "{key} = {value}: the message has to name {named}: {error}");
    }
}

#[test]
fn missing_metadata_are_refused() {
    let keys: Vec<String> = Contents::of(&HEAD).metadata.into_keys().collect();
    assert_eq!(keys.len(), 10);
    for key in keys {
        let error = refusal(|file| drop(file.metadata.remove(&key)));
        assert!(matches!(&error, WeightsError::MissingKey(found) if *found == key), "{key}: {error}");
    }
    let bare = safetensors::serialize(Vec::<(&str, TensorView)>::new(), None).expect("an empty file is a file");
    assert!(matches!(metadata(&bare), Err(WeightsError::MissingKey(_))));
}

#[test]
fn parts_are_not_taken_for_each_other() {
    let error = read_head(&BASE.0, &BASE.1, &cpu()).expect_err("it has no head");
    assert!(matches!(&error, WeightsError::Part { .. }), "{error}");
    assert_eq!(error.to_string(), "the file holds a base network alone, not a fitted head");
    let error = read_base(&HEAD, &cpu()).expect_err("it has no base network");
    assert!(matches!(&error, WeightsError::Part { .. }), "{error}");
    assert_eq!(error.to_string(), "the file holds a fitted head alone, not a base network");
}

#[test]
fn a_head_is_refused_by_another_base() {
    let mut stored = BASE.1.parameters();
    stored[0].bias = stored[0].bias.clone().map(|bias| bias + 1.0);
    let altered = write_base(&Encoder::new(BASE.1.config(), stored), Precision::F32).expect("finite");
    let other = read_base(&altered, &cpu()).expect("it is whole");
    let error = read_head(&HEAD, &other, &cpu()).expect_err("another network");
    assert!(matches!(&error, WeightsError::OtherBase("checksums")), "{error}");

    let standard = BASE.1.reparametrized(Parametrization::Standard);
    let error = read_head(&HEAD, &standard, &cpu()).expect_err("another parametrization");
    assert!(matches!(&error, WeightsError::OtherBase("settings")), "{error}");
}

/// A few thousand files with some bytes changed, inserted or taken out: an error or a model, never a panic, and
/// never a model of other sizes.
#[test]
fn damaged_files_never_panic() {
    let mut random = Words(1);
    for turn in 0..4000 {
        // Half of them in the header, which is the smaller part by far.
        let file = random.damaged(&HEAD, if turn % 2 == 0 { 1000 } else { HEAD.len() });
        if let Ok(head) = read_head(&file, &BASE.1, &cpu()) {
            let classifier = head.parameters.classifier.expect("the mode is activation still, or tensors are missing");
            assert_eq!(classifier.weight.dims(), [512, head.classes.len()]);
        }
    }
    // A base network's numbers take long to read: only its header is damaged, where nearly all are refused at once.
    for _ in 0..200 {
        if let Ok(encoder) = read_base(&random.damaged(&BASE.0, 1500), &cpu()) {
            assert_eq!(encoder.parameters().len(), 5);
        }
    }
}

/// A few thousand files of nothing but noise.
#[test]
fn noise_never_panics() {
    let mut random = Words(2);
    for _ in 0..4000 {
        let length = random.below(400);
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        // A header length that fits, or the container would not look any further.
        if let Some(first) = bytes.first_chunk_mut::<8>() {
            *first = (length as u64 - 8).to_le_bytes();
        }
        assert!(metadata(&bytes).is_err() && read_base(&bytes, &cpu()).is_err());
    }
}

fn both_precisions(network: Network) -> [(Network, Precision); 2] {
    [(network, Precision::F32), (network, Precision::F16)]
}

fn cpu() -> Device {
    Device::flex()
}

/// The numbers of layers, weight and bias in turn.
fn convs(convs: &[Conv]) -> Vec<Vec<f32>> {
    convs.iter().flat_map(|conv| [read(conv.weight.val()), read(conv.bias.val())]).collect()
}

/// Every number of a head.
fn numbers(head: &Head) -> Vec<Vec<f32>> {
    let mut all = [convs(&head.parameters.tangents), convs(&head.parameters.replaced)].concat();
    if let Some(classifier) = &head.parameters.classifier {
        all.extend([read(classifier.weight.val()), read(classifier.bias.val())]);
    }
    all.extend(head.omega.clone().map(read));
    all
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    block_on(measure::read(tensor))
}

/// What a file of the precision can hold of the numbers.
fn rounded(numbers: Vec<Vec<f32>>, precision: Precision) -> Vec<Vec<f32>> {
    let round = |value: f32| match precision {
        Precision::F32 => value,
        Precision::F16 => f16::from_f32(value).to_f32(),
    };
    numbers.into_iter().map(|numbers| numbers.into_iter().map(round).collect()).collect()
}

/// Why [`HEAD`] is refused after a change.
fn refusal(change: impl FnOnce(&mut Contents)) -> WeightsError {
    let mut file = Contents::of(&HEAD);
    change(&mut file);
    read_head(&file.bytes(), &BASE.1, &cpu()).expect_err("it was changed for the worse")
}

/// A safetensors file taken apart.
struct Contents {
    metadata: HashMap<String, String>,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Contents {
    fn of(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).expect("the file is whole");
        let tensors = SafeTensors::deserialize(bytes).expect("the file is whole");
        let entry = |(name, view): (String, TensorView)| {
            (name, Entry { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: view.data().to_vec() })
        };
        Self {
            metadata: header.metadata().clone().expect("every file of ours has them"),
            tensors: tensors.tensors().into_iter().map(entry).collect(),
        }
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        self.tensors.get_mut(name).expect("the tensor is there")
    }

    fn say(&mut self, key: &str, value: &str) {
        self.metadata.insert(key.to_owned(), value.to_owned());
    }

    fn bytes(self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, entry)| {
            (name, TensorView::new(entry.dtype, entry.shape.clone(), &entry.bytes).expect("the sizes fit"))
        });
        safetensors::serialize(views, Some(self.metadata)).expect("the parts fit")
    }
}

/// Pseudo-random words (Marsaglia's xorshift).
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A copy with one to four bytes among the first `within` changed, inserted or taken out.
    fn damaged(&mut self, bytes: &[u8], within: usize) -> Vec<u8> {
        let mut copy = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(within.min(copy.len()));
            match self.below(4) {
                0 => drop(copy.remove(at)),
                1 => copy.insert(at, self.next() as u8),
                2 => copy[at] = b'0' + self.below(75) as u8,
                _ => copy[at] = self.next() as u8,
            }
        }
        copy
    }
}

#[test]
fn a_number_that_a_file_cannot_hold_is_refused_in_writing() {
    let (too_large, none) = (70_000.0, f32::NAN);
    for (value, precision, refused) in
        [(too_large, Precision::F16, true), (too_large, Precision::F32, false), (none, Precision::F32, true)]
    {
        let encoder = &BASE.1;
        let mut stored = encoder.parameters();
        let bias = Tensor::<1>::full([stored[0].bias.val().dims()[0]], value, &cpu());
        stored[0] = Conv::new(stored[0].weight.val(), bias);
        let written = write_base(&Encoder::new(encoder.config(), stored), precision);
        assert_eq!(matches!(written, Err(WeightsError::NotFinite { .. })), refused, "{value} in {precision:?}");
    }
}
