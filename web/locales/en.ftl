# What the page says in English. Every language has the same messages; text may hold HTML where it is shown as such.

## Page

title = Gradients as features
languages = Language
class-0 = airplane
class-1 = automobile
class-2 = bird
class-3 = cat
class-4 = deer
class-5 = dog
class-6 = frog
class-7 = horse
class-8 = ship
class-9 = truck
class-other = class { $number }
mode-activation = Activation
mode-gradient = Gradient
mode-full = Full
mode-finetune = Fine-tuned
comes-after-predictions = This appears after the predictions …
try-again = Try again
large-number = { $count } million
large-unit = 1000000
seed = Seed
images-a-class = Images per class

## Claim

claim-idea = A network learned from images without labels and is now frozen. The usual way to use it is a linear classifier on its <b>activations</b>. On its <b>gradients</b>, how its output would change with each weight, such a classifier is right about as often as a network that is trained further.
claim-models = Mark which images this model gets right
claim-count = <strong>{ $right }</strong> of these { $all } images right
claim-test = On all { $images } test images: { $share } ± { $half } % right (95 % interval).
claim-agreement = It gives the fine-tuned network’s answer on { $share } % of them.
claim-finetuned = Here the network itself was trained further.
verdict-right = right
verdict-wrong = wrong
own-image = Your own image, or more test images

sections = Sections
to-gradient = One weight, one number
to-predictions = Two terms
to-line = Drag the weights
to-train = Teach it
to-appendix = Appendix

## Engine

engine-loading = The engine is loading
engine-adapter = WebGPU ({ $name })
engine-cpu = Runs on the CPU.
engine-cpu-faster = Runs on the CPU: { $cpu } an image; WebGPU needs { $webgpu } here.
engine-gpu = Runs on { $gpu }.
engine-gpu-faster = Runs on { $gpu }: { $webgpu } an image; the CPU needs { $cpu }.
engine-trying = Runs on the CPU. WebGPU is being tried …
engine-busy = Runs on the CPU, because training started there.
engine-not-gpu = Runs on the CPU: { $why }.
engine-no-webgpu = this browser has no WebGPU
engine-no-gpu = the browser offers no GPU
engine-amount = { $what }: { $received } of { $total } MB
engine-amount-so-far = { $what }: { $received } MB
engine-network = the base network
engine-model = the { $model } model
engine-cannot-start = This browser cannot start the engine ({ $why }).
engine-unreadable = it sent a message that cannot be read ({ $why })
engine-again-cpu = The engine stopped ({ $why }) and was started again on the CPU.
engine-again-gpu = The engine stopped ({ $why }) and was started again on the GPU.
engine-stopped = The engine stopped: { $why }.
engine-failed = The engine could not start: { $why }.
engine-not-loaded = The engine’s program could not be loaded.
engine-not-ready = The engine is not ready yet.

## Choosing an image

chosen-tile = label of test image { $index }
chosen-own = your image, as the network sees it
choose-picture = Test image { $index }: { $class }
choose-own-picture = Your image, 32 by 32 pixels
gallery-loading = The gallery is loading …
gallery-failed = The gallery could not be loaded: { $why }.
gallery-missing = The gallery is not there yet.
gallery-keys = Images of the CIFAR-10 test set; arrow keys move, Enter chooses
gallery-more = More images
gallery-tile = { $class }, image { $index }
gallery-right = { $class }, image { $index }: right
gallery-wrong = { $class }, image { $index }: wrong
upload-button = Use your own image
upload-hint = or drop or paste one. It stays on your machine.
upload-large = { $name } is too large: the page reads at most { $most } MB.
upload-unreadable = { $name } cannot be read.
upload-refused = { $name }: { $why }.
sentence = { $text }.
list-item = { $first }, { $second }
list-last = { $first } and { $second }
list-clause = { $first }; { $second }
trouble-format = this is not an image in a known format (PNG, JPEG, WebP, GIF or BMP)
trouble-damaged = the image cannot be read ({ $why })
trouble-empty = the image has no pixels ({ $width } × { $height })
trouble-large = the image is too large: it has { $width } × { $height } pixels, and the page reads at most { $side } on a side and { $most } MB in all; make it smaller
trouble-unreachable = { $file } could not be loaded: the network does not answer
trouble-status = { $file } could not be loaded: the server answers { $status }
trouble-broken-off = { $file } broke off while it was loaded
trouble-file = the file is not usable ({ $why })
trouble-model = { $what } is not usable ({ $why })
note-first-frame = it is animated, and this is its first frame
note-turned = it is turned as its EXIF data say
note-cropped = it is cropped to the square at its centre
note-over-white = its transparent parts lie over white
note-broken-off = its file breaks off, and the missing part was filled in
camera-file = your picture
camera-start = Use the camera
camera-video = What the camera sees
camera-take = Take the picture
camera-stop = Turn the camera off
camera-nothing = The camera shows nothing yet: try again in a moment.
camera-forbidden = The browser was not allowed to use the camera. Allow it in the browser’s settings of this page.
camera-none = There is no camera. Connect one, or choose a file.
camera-taken = The camera cannot be used: another program may have it. Close that and try again.
camera-unavailable = This browser offers no camera to this page. Choose a file.
drawing-file = your drawing
drawing-open = Draw an image
drawing-close = Close the drawing canvas
drawing-name = Drawing canvas. Arrow keys move the brush, space paints, shift with an arrow key draws. Column { $column }, row { $row } of 32.
drawing-colours = Colour of the brush
drawing-clear = Clear
colour-black = black
colour-white = white
colour-grey = grey
colour-red = red
colour-brown = brown
colour-yellow = yellow
colour-green = green
colour-blue = blue

## Network

network-title = The network
network-lead = Convolutions turn the image into activations, and a linear classifier reads those. The gradient is taken by the weights of the upper layers, <span class="formula"><var>θ</var><sub>2</sub></span>; the lower ones, <span class="formula"><var>θ</var><sub>1</sub></span>, are frozen. Choose a layer to see what it makes of the image.
network-waits = This appears with the engine …
network-scope = Gradient by the weights of
network-frozen = frozen, { $count } parameters
network-moving = gradient, { $count } parameters
network-classifier = classifier
network-kernel = { $kernel } × { $kernel }, stride { $stride }
network-maps-wait = The layers’ outputs appear after the predictions …
network-features = Feature maps of { $layer }
network-tangents = Tangent maps of { $layer }
network-still = No tangent maps of { $layer }: the layer is below the weights that move, so its output does not change.
network-tangents-note = A tangent map is the derivative of the feature map along the full model’s <span class="formula"><var>w</var><sub>2</sub></span>: how the layer’s output begins to change when <span class="formula"><var>θ</var><sub>2</sub></span> moves that way.
network-maps = { $count } maps of { $side } × { $side }; strongest in map { $map }: { $value }
network-maps-label = { $title }: { $text }
network-maps-colours = Colours of the maps
legend = { $what }: purple is { $low }, green is +{ $high }

## Gradient

gradient-title = One number, then { $count }
gradient-lead = Move one weight of the network a little, and a logit changes. How fast it changes is a slope: one number. Every weight of { $scope } has such a slope, and all { $count } together are this image’s gradient feature. Nothing is trained to compute them.
gradient-every = The same for every weight
gradient-every-lead = Each entry of this picture is the slope of one weight of { $layer }, and so one feature: { $rows } outputs down, { $columns } inputs across. The whole matrix is the product of two short lists: <span class="formula">(<var>ω</var> ∘ <var>d</var>)</span>, one number for each output (left), and <span class="formula"><var>y</var></span>, one for each input (below).
gradient-wider = The models now use the gradient by { $scope }, { $count } numbers. The picture shows the part that belongs to { $layer }.
gradient-advanced = Advanced: layers and order
nudge-title = Move one weight
nudge-strongest = Back to the strongest weight
nudge-slider = Change of the weight
nudge-reading = Move the weight by { $delta }, and the logit of { $name } goes from { $before } to { $after }.
nudge-feature = The slope is { $slope } per unit of the weight. <strong>This slope is one feature.</strong>
nudge-agrees = A straight line with this slope says { $tangent } too. They agree until the output of the weight changes its sign, at { $kink }.
nudge-parts = A straight line with this slope says { $tangent }. They part at { $kink }: there the output changes its sign, and the ReLU’s slope with it. From there on the network’s slope is { $slope }.
nudge-network = the network
nudge-tangent = straight line with the slope
nudge-plot = The logit of { $name } against the change of the weight. { $reading } { $kink }
gradient-rows = Rows
gradient-columns = Columns
order-stored = as stored
order-value = sorted
order-channel = by channel
order-position = by position
logit-of = Logit of
logit-minus = minus that of
logit-predicted = predicted
logit-none = none
gradient-colours = Colours of the gradient
gradient-strongest = This is the entry with the largest magnitude. Point at another one.
matrix-row-factor = The factor ω ∘ d of the rows on show
matrix-column-factor = The factor y of the columns on show
matrix-role = matrix
matrix-zoom = Zoom
matrix-zoom-in = Zoom in
matrix-zoom-out = Zoom out
matrix-all = All
matrix-keys = Click an entry, or press Enter on it, to move its weight above. Drag to look elsewhere. Keys: arrows move the cursor, with Shift by a tenth; + and − zoom; 0 shows all.
matrix-whole = All { $rows } rows and { $columns } columns; a pixel shows the strongest of its entries.
matrix-window = Rows { $top } to { $bottom }, columns { $left } to { $right }.
matrix-description = The gradient of the logit of { $name } by the weights of { $layer }: { $rows } rows of { $columns } numbers, none larger than { $extent }

## Predictions

predictions-title = Two terms, one logit
equation-label = logits of x = w1 transposed times f, plus omega-bar transposed times J times w2
equation-f = the network’s 512 activations
equation-j = their derivatives by the { $count } weights of { $scope }
equation-w = the only trained parts
equation-omega = a classifier on <var>f</var>, trained once and then fixed
predictions-lead = The full model adds two terms for each class. One reads the activations, the other the gradient. Both are linear in what is trained, and the network stays as it is.
predictions-precomputed = Computed beforehand by the native program; shown until the engine is ready.
predictions-live = Computed live, in this browser.
predictions-right = ✓ as labelled
predictions-wrong = ✗ labelled { $class }
predictions-says = { $model }: { $class }, { $share }
predictions-image = Image { $index }, labelled { $class }
predictions-own = Your image
predictions-all = { $image }. { $said }.
terms-title = The logits of the full model
terms-others = The other three models
terms-activation = activation term
terms-gradient = gradient term
terms-whole = not split
terms-total = logit: the sum
terms-scale = Zero in the middle; all bars on one scale, ±{ $extent }. <b>Bold</b>: predicted. ◂ labelled.
terms-class = class
terms-column-activation = activation
terms-column-network = network
terms-column-gradient = gradient

## Linearization

line-title = Drag the weights
line-lead = The gradient term assumes that every logit changes along a straight line when the weights move from <span class="formula"><var>θ̄</var><sub>2</sub></span> to <span class="formula"><var>θ̄</var><sub>2</sub> + <var>w</var><sub>2</sub></span>. Move them by <span class="formula"><var>r</var> <var>w</var><sub>2</sub></span> and see for 100 images at once how far that is true. Drag the slider, or drag left and right on a plot.
line-network = the network, logit of { $name }
line-tangent = its tangent line
line-error = error
line-reading = r = { $r }: the network says { $network }, its tangent line { $tangent }; error { $error }.
line-summary = The logit of { $name } as r goes from 0 to 2. { $places }
line-slider = weights moved by
line-one-image = The chosen image: its logit as the weights move
cloud-lead = Each mark is a test image, placed by its <em>margin</em> under two models: the logit of its true class minus the largest other logit. Above zero the model is right. On the diagonal both models agree.
cloud-both = both right
cloud-one = one right
cloud-none = both wrong
cloud-apart = difference of the margins
cloud-linearized = linearized model
cloud-moved = moved network
cloud-full = full model
cloud-finetuned = fine-tuned model
cloud-moving-title = As the weights move
cloud-fixed-title = Linear comes close to fine-tuning
cloud-margin = margin, { $model }
cloud-role = cloud of images
cloud-label = { $across } against { $up }. { $summary }
cloud-right = <b>{ $count }</b> of { $all } right: { $model }
cloud-same = Both name the same class for { $same } of { $all } images. On average their margins differ by { $apart }.
cloud-summary = Of { $all } images, the { $across } has { $right } right and the { $up } has { $other }. { $same }
cloud-at = At r = { $r }: { $summary }
cloud-verdict = the { $model } says { $class }, margin { $margin }
cloud-image = Image { $index }, labelled { $class }: { $across }; { $up }.
cloud-point = Point at a mark, or tap it, to see its image.
cloud-keys = Keys on a plot: arrows lead from image to image, Enter chooses one for the whole page.
cloud-loading = The numbers of 100 images are loading …
cloud-failed = The numbers of the 100 images could not be loaded: { $why }.
cloud-damaged = the file is damaged
cloud-scope = These 100 images stay with the scope { $shown }. The curve below is of { $scope }.

## Similar images

similar-title = Similar images
similar-lead = Two images are alike to the network when their features point the same way: their activations, or their gradients. The inner product of two gradients is the network’s tangent kernel; it is computed from their factors, so the gradients themselves are never stored.
similar-start = Compare with { $count } images of the gallery
similar-measured = Over all { $images } gallery images, { $gradient } of the { $nearest } nearest images by gradient are of the same class, and { $activation } by activation; by chance it would be { $chance }. Nearness counts every feature alike, while a linear model learns which of them matter.
similar-done = Compared with all { $count } images that the gallery shows.
similar-progress = Compared with { $known } of the { $count } images that the gallery shows.
similar-by-activation = By activation
similar-by-gradient = By the gradient of the logit of { $name }
similar-share = { $alike } of { $count } are labelled { $class }
similar-tile = { $class }, image { $index }, similarity { $similarity }
map-title = Map of the gallery
map-by = Near by
map-note = The two directions in which the gallery’s images differ most (kernel PCA of the same cosines). A frame’s colour is the class. Arrow keys move, Enter chooses.
map-waits = This appears when all images are compared …
map-summary = Map of { $count } images. { $title }. On it, the nearest neighbour of { $alike } of them is of the same class. It keeps { $share } of all variance.
map-share = The map keeps { $share } of all variance.
map-own = your image
map-point = Point at an image to see which it is.

## Training

train-title = Teach it
train-lead = Four models learn to tell { $classes } apart, all from the same { $images } images of each. The network itself stays as it is; only fine-tuning moves its weights. Accuracy is measured on images that are held out.
train-note = Your images and the trained models stay in this page and never leave your machine. They are gone when you close or reload it, so save the models that you want to keep. If the engine stops, training continues from a snapshot that is at most ten seconds old.
train-classes = Classes
train-own = A class of your own
train-own-example = my cup
train-add-class = Add the class
train-no-name = Give the class a name.
train-taken = There is a class { $name } already.
train-empty = The class { $name } has no images yet.
train-two = Choose at least two classes.
train-one-image = 1 image
train-images = { $count } images
train-files = Add files
train-add-chosen = Add the chosen image
train-remove = Remove
train-scope = Scope
train-steps = Steps
train-speed = Steps per frame
train-play = Play
train-pause = Pause
train-step = One step
train-reset = Reset
train-load = Load models
train-idle = Nothing is trained yet.
train-preparing = Reading the images and fitting ω̄: { $share } %
train-learning = Training …
train-paused = Paused.
train-done = All steps are done.
train-loaded = Loaded: { $models }, for { $classes }. They predict below; Play trains new ones.
train-resumed = The engine was started again; training goes on from step { $step }.
train-end-steps = { $count } steps
train-losses = Loss on the images of each step
train-losses-label = Loss of the four models; it falls as they learn
train-accuracies = Accuracy on the images held out
train-accuracies-label = Held-out accuracy of the four models by step; the table below has the numbers
train-table = How far the four models are
train-column-model = Model
train-column-fitted = this run, fitted on
train-column-held = this run, held out (95 % interval)
train-column-seconds = seconds
train-save-model = Save the { $model } model
train-held = Images a class to hold out
train-finding = Mean of { $seeds } runs, each with other images, in points above the activation model: gradient { $gradient }, full { $full }.
train-interval = { $mean } (95 % interval { $low } to { $high })
train-band = Bands: mean accuracy of { $seeds } runs, measured beforehand, with its 95 % interval. Lines on top: your own run.
train-again = Again, with other images
train-advanced = More: other classes, your own images, settings, files
train-column-mean = mean of { $seeds } runs
trial-title = What do your models say?
trial-idle = Press Play. From then on your own models predict the chosen image here.
trial-how = This is the image chosen on this page. Take another one below, or a photo, a drawing or a file of yours at the top of the page: your models answer at once.
trial-tiles = Images held out, to try the models on
trial-wrong = wrong

## Ablation

ablation-title = Why the gradient is a good feature
ablation-lead = Here the gradient is taken in networks that are partly random: the layers below the last one (<var>θ</var><sub>1</sub>), the last one (<var>θ</var><sub>2</sub>) and the classifier that the gradient goes through (<var>ω</var>). The paper’s Table 1, on the gallery’s images of all ten classes.
ablation-note = A random layer has He initialization, the usual start of training, with biases of 0. A random <var>ω</var> is normally distributed. A pre-trained <var>ω</var> is a classifier fitted on the activations of the same partly random network. In the full model the activation term always uses the pre-trained network. Each model takes about { $steps } steps; all other images of a class are held out.
ablation-table = Accuracy by what is pre-trained
ablation-caption = Accuracy on the images held out, by what is pre-trained
ablation-start = Start
ablation-stop = Stop
ablation-idle = You can measure it here, with images and a seed of your choice.
ablation-measured = Computed beforehand: the mean of { $seeds } seeds, fitted on { $images } images a class, measured on { $held } held-out images.
ablation-own = Run it yourself
ablation-running = About { $share } % done, { $rows } of { $all } rows.
ablation-done = Measured on { $held } images that were held out.
ablation-stopped = Stopped after { $rows } of { $all } rows.
ablation-anew = The engine was started again. Start anew.
ablation-trained = trained
ablation-random = random
ablation-foremost = With this seed { $part } matters most, by more than chance explains.
ablation-unclear = These images are too few to say which part matters most.
ablation-finding = What pre-training one part adds to the gradient model’s accuracy, in percentage points (mean of four pairs of rows): { $effects }. { $conclusion }

## Self-check

check-title = Self-check
check-lead = The page checks itself on the chosen image: the derivative against finite differences, the GPU against the CPU, and the time of a prediction with and without the derivative.
check-start = Run the self-check
check-image = test image { $index } ({ $class })
check-progress = On { $image }: { $done } of { $pieces } steps done.
check-quotients = The Jacobian-vector product against finite differences
check-quotients-note = The largest error of (F(θ̄ + h·w₂) − F(θ̄)) / h over the classes, as a share of the largest derivative. It shrinks with h, until the rounding error of F, divided by h, becomes larger.
check-error = error
check-rounding = rounding
check-in-h = in proportion to h
check-in-one-over-h = rounding, in proportion to 1/h
check-plot = Error against h, both on logarithmic scales. The smallest error is { $best }.
check-agreements = The GPU against the CPU
check-cpu-only = The page computes on the CPU, so there is nothing to compare.
check-to-come = This is not measured yet.
check-numbers = numbers
check-difference = largest difference
check-size = largest number
check-activations = activations
check-logits = logits of the { $model } model
check-timings = One image’s prediction
check-on = on
check-plain = plain
check-jvp = with JVP
check-ratio = ratio
check-median = median of
check-gpu = the GPU (WebGPU)
check-cpu = the CPU (WebAssembly)
check-processor = processor
check-browser = browser
check-program = program
check-network = network
check-memory = memory
check-megabytes = { $size } MB taken by the engine

## The tour
tour-start = Take the tour
tour-go-on = Continue the tour at step { $step }
tour-back = Back
tour-next = Next
tour-end = Finish
tour-leave = Close
tour-place = Step { $step } of { $steps }: { $title }
tour-waiting = The numbers appear with the predictions …
tour-claim-title = The claim
tour-claim = All four models use the same network. “{ $activation }” reads its activations, “{ $gradient }” reads its gradients. Switch from one to the other: the tiles show which images the model gets right, and the count is beside them.
tour-image-title = One image
tour-image-tile = Test image { $index } is labelled { $class }. { $said }. Choose another tile and the tour continues with it.
tour-image-own = This is { $name }. { $said }. Choose a tile and the tour continues with it.
tour-reader = { $model } says { $class } ({ $share })
tour-gradient-title = One weight, one feature
tour-gradient = Move one weight a little and the logit of { $class } changes. The slope of that change is one feature. Every weight gives one, and together they are the gradient.
tour-terms-title = Two terms, one logit
tour-terms = The full model’s logit of { $class } is a sum of two terms: { $activation } from the activations and { $gradient } from the gradient give { $total }.
tour-line-title = Drag the weights
tour-line = Drag r. At 0 the weights are as pre-trained, at 1 they have moved by w₂. Near 0 the network and its tangent agree; farther away they differ more and more. The gradient model only needs the tangent, so no weight has to move.
tour-train-title = Train the models
tour-train = Press “{ $play }”. The four models learn from a few images, here in your browser. You see how often each is right on images that it did not learn from.
tour-own-title = Your own image
tour-own = Open a file, use the camera, or draw. The image stays on your device, and the whole page then shows what the models make of it.
later-failed = The rest of this page could not be loaded.

## Appendix and footer

appendix-title = Appendix
appendix-lead = Which parts have to be trained, similar images, the network’s maps, self-check
footer-code = Source code
footer-card = Model card
footer-licence = Licence:

## Deeper
deeper = Deeper
network-deeper = Forward mode computes the derivative along with the forward pass. Each layer passes on a pair: its output, and how that changes when the weights move along <span class="formula"><var>w</var><sub>2</sub></span>. A convolution of <var>x</var> with weights <var>W</var> has the derivative <span class="formula"><var>x</var> ⋆ <var>w</var><sub>2</sub> + <var>ẋ</var> ⋆ <var>W</var></span>; leaky ReLU multiplies both parts by <var>d</var>, which is 1 where the value is above 0 and its slope elsewhere (the paper’s Eq. 6 and 7). So one pass ends in <var>f</var> and in <span class="formula"><var>J</var> <var>w</var><sub>2</sub></span>. The Jacobian itself, 512 rows of { $count } numbers for every image, is never computed.
gradient-deeper = By the chain rule the logit of class <var>c</var> changes with the weight from input <var>i</var> to output <var>o</var> by <span class="formula"><var>ω</var>[<var>c</var>, <var>o</var>] · <var>d</var>[<var>o</var>] · <var>y</var>[<var>i</var>]</span>: how much the class depends on the output, whether the output was active, and the input’s value. Outputs times inputs is a matrix of rank 1, and two classes differ in the first factor alone. Of a wider scope the gradient has a part for each of its layers; below the last one it is a sum of such products over the positions of the image. All layers together have { $count } numbers.
predictions-deeper = A model’s logits become percentages by the softmax, the exponentials as shares of their sum. Activation, gradient and full are linear in what is trained: their loss has a single minimum, wherever training starts. For the gradient model the network is replaced by its tangent, <span class="formula"><var>F</var>(<var>θ̄</var>) + <var>ω̄</var><sup>⊤</sup> <var>J</var> <var>w</var><sub>2</sub></span>, without its constant part; the full model has a free classifier on <var>f</var> in place of that. Fine-tuning is what the tangent approximates.
line-deeper = Taylor’s theorem: <span class="formula"><var>F</var>(<var>θ̄</var> + <var>r</var> <var>w</var><sub>2</sub>) = <var>F</var>(<var>θ̄</var>) + <var>r</var> <var>ω̄</var><sup>⊤</sup> <var>J</var> <var>w</var><sub>2</sub> + <var>O</var>(<var>r</var>²)</span>. The tangent keeps the first two. The last layer is piecewise linear, and within one piece the tangent is exact; as <var>r</var> grows, more of the 512 activations change their sign, and the error grows about as the square. The wider the network, the less its weights have to move, and the better the tangent fits; the limit is the neural tangent kernel.
similar-deeper = For the last layer the kernel is <span class="formula">(⟨<var>y</var>, <var>y</var>′⟩ / 512 + 0.1) · ⟨<var>ω</var> ∘ <var>d</var>, <var>ω</var> ∘ <var>d</var>′⟩</span>: two inner products, of 4,096 and of 512 numbers, for one of 2.1 million. Divided by the lengths of both gradients it is the cosine of their angle. The maps are kernel PCA: the matrix of all pairs’ kernels is centred, and its two leading eigenvectors are the images’ places.
train-deeper = First <var>ω̄</var> is fitted, the classifier of the gradient term; then all four models start. The loss is the mean cross-entropy plus a penalty on large weights: with few images, weights without one grow to suit these images alone. It is convex in <span class="formula"><var>w</var><sub>1</sub></span> and <span class="formula"><var>w</var><sub>2</sub></span>: it has a single minimum, so the seed and the rate change how fast training gets there, not where it ends. In fine-tuning’s weights it is not convex. The runs that the bands show draw their images from the same 100 a class of the gallery: on other images of these classes the gain is smaller or larger. The frozen features of an image are the last layer’s input, 4,096 numbers, and its pre-activation, 512. A step multiplies the frozen inputs of 32 images by <span class="formula"><var>w</var><sub>2</sub></span>, and differentiates that one product by reverse mode.
ablation-deeper = If the number of features were enough, the 2.1 million of a random network would work as well. They do not: in the paper’s Table 1 (CIFAR-10, this scope) the gradient model of a network that is all random is right in 23.1 % of the test images, with only <span class="formula"><var>θ</var><sub>1</sub></span> pre-trained in 53.4 %, with all in 70.1 %. The lower layers compute the input (<var>y</var>), the last one decides which outputs are active (<var>d</var>), and <var>ω</var> weights them.
check-deeper = A difference of two values of <var>F</var> deviates from the derivative for two reasons. The curve bends, which costs an error in proportion to <var>h</var>; and <var>F</var> has seven digits, so its rounding is divided by <var>h</var>. A wrong derivative would leave an error that no <var>h</var> makes small; a correct one has its smallest error where two straight lines meet.
