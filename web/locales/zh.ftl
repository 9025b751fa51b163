# What the page says in Simplified Chinese. Every language has the same messages; text may hold HTML where it is shown as such.

## Page

title = 梯度即特征
languages = 语言
class-0 = 飞机
class-1 = 汽车
class-2 = 鸟
class-3 = 猫
class-4 = 鹿
class-5 = 狗
class-6 = 青蛙
class-7 = 马
class-8 = 船
class-9 = 卡车
class-other = 类别 { $number }
mode-activation = 激活
mode-gradient = 梯度
mode-full = 完整
mode-finetune = 微调
comes-after-predictions = 将在预测之后出现……
try-again = 重试
large-number = { $count } 万
large-unit = 10000
seed = 随机种子
images-a-class = 每类图像数

## Claim

claim-idea = 一个网络从没有标签的图像中学习，之后被冻结。通常的做法是在它的<b>激活</b>上训练一个线性分类器。若改用它的<b>梯度</b>，即每个权重变动时输出会怎样变化，线性分类器的正确率就接近继续训练过的网络。
claim-models = 标出此模型判断正确的图像
claim-count = 这 { $all } 幅图像中有 <strong>{ $right }</strong> 幅正确
claim-test = 在全部 { $images } 幅测试图像上：正确率 { $share } ± { $half } %（95 % 置信区间）。
claim-agreement = 其中 { $share } % 的图像上，它与微调网络的判断相同。
claim-finetuned = 这里是继续训练网络本身的结果。
verdict-right = 正确
verdict-wrong = 错误
own-image = 自己的图像，或更多测试图像

sections = 各节
to-gradient = 一个权重，一个数
to-predictions = 两项
to-line = 拖动权重
to-train = 动手训练
to-appendix = 附录

## Engine

engine-loading = 引擎正在加载
engine-adapter = WebGPU（{ $name }）
engine-cpu = 在 CPU 上运行。
engine-cpu-faster = 在 CPU 上运行：每幅图像 { $cpu }；这台设备的 WebGPU 需要 { $webgpu }。
engine-gpu = 在 { $gpu } 上运行。
engine-gpu-faster = 在 { $gpu } 上运行：每幅图像 { $webgpu }；CPU 需要 { $cpu }。
engine-trying = 在 CPU 上运行，正在试用 WebGPU……
engine-busy = 在 CPU 上运行：训练已在 CPU 上开始。
engine-not-gpu = 在 CPU 上运行：{ $why }。
engine-no-webgpu = 此浏览器不支持 WebGPU
engine-no-gpu = 浏览器未提供 GPU
engine-amount = { $what }：{ $received } / { $total } MB
engine-amount-so-far = { $what }：{ $received } MB
engine-network = 基础网络
engine-model = “{ $model }”模型
engine-cannot-start = 此浏览器无法启动引擎（{ $why }）。
engine-unreadable = 它发来了无法读取的消息（{ $why }）
engine-again-cpu = 引擎停止了（{ $why }），已在 CPU 上重新启动。
engine-again-gpu = 引擎停止了（{ $why }），已在 GPU 上重新启动。
engine-stopped = 引擎停止了：{ $why }。
engine-failed = 引擎无法启动：{ $why }。
engine-not-loaded = 无法加载引擎程序。
engine-not-ready = 引擎尚未就绪。

## Choosing an image

chosen-tile = 测试图像 { $index } 的标签
chosen-own = 您的图像（网络看到的样子）
choose-picture = 测试图像 { $index }：{ $class }
choose-own-picture = 您的图像，32 × 32 像素
gallery-loading = 图库正在加载……
gallery-failed = 无法加载图库：{ $why }。
gallery-missing = 图库尚未就绪。
gallery-keys = CIFAR-10 测试集图像；方向键移动，回车键选择
gallery-more = 更多图像
gallery-tile = { $class }，图像 { $index }
gallery-right = { $class }，图像 { $index }：正确
gallery-wrong = { $class }，图像 { $index }：错误
upload-button = 使用自己的图像
upload-hint = 也可拖放或粘贴。图像不会离开您的设备。
upload-large = { $name } 太大：最多读取 { $most } MB。
upload-unreadable = 无法读取 { $name }。
upload-refused = { $name }：{ $why }。
sentence = { $text }。
list-item = { $first }、{ $second }
list-last = { $first }和{ $second }
list-clause = { $first }；{ $second }
trouble-format = 这不是已知格式的图像（PNG、JPEG、WebP、GIF 或 BMP）
trouble-damaged = 无法读取该图像（{ $why }）
trouble-empty = 该图像没有像素（{ $width } × { $height }）
trouble-large = 该图像太大（{ $width } × { $height } 像素）：每边最多 { $side } 像素，总共最多读取 { $most } MB；请缩小后再试
trouble-unreachable = 无法加载 { $file }：网络没有响应
trouble-status = 无法加载 { $file }：服务器返回 { $status }
trouble-broken-off = { $file } 在加载途中中断
trouble-file = 该文件无法使用（{ $why }）
trouble-model = { $what }无法使用（{ $why }）
note-first-frame = 它是动画，这里是第一帧
note-turned = 已按其 EXIF 数据旋转
note-cropped = 已裁剪为中央的正方形
note-over-white = 透明部分衬以白色
note-broken-off = 文件不完整，缺少的部分已填充
camera-file = 您的照片
camera-start = 使用摄像头
camera-video = 摄像头画面
camera-take = 拍照
camera-stop = 关闭摄像头
camera-nothing = 摄像头尚无画面：请稍后再试。
camera-forbidden = 浏览器未获准使用摄像头。请在浏览器的本页设置中允许。
camera-none = 没有摄像头。请连接一个，或选择文件。
camera-taken = 摄像头无法使用：可能被其他程序占用。请关闭该程序后重试。
camera-unavailable = 此浏览器不向本页提供摄像头。请选择文件。
drawing-file = 您的画
drawing-open = 画一幅图像
drawing-close = 关闭画板
drawing-name = 画板。方向键移动画笔，空格键上色，Shift 加方向键画线。第 { $column } 列，第 { $row } 行，共 32。
drawing-colours = 画笔颜色
drawing-clear = 清空
colour-black = 黑
colour-white = 白
colour-grey = 灰
colour-red = 红
colour-brown = 棕
colour-yellow = 黄
colour-green = 绿
colour-blue = 蓝

## Network

network-title = 网络
network-lead = 卷积层把图像变成激活，线性分类器读取激活。梯度对上部各层的权重 <span class="formula"><var>θ</var><sub>2</sub></span> 求取；下部各层 <span class="formula"><var>θ</var><sub>1</sub></span> 保持冻结。选择一层，看看它的输出。
network-waits = 将随引擎出现……
network-scope = 对以下各层的权重求梯度
network-frozen = 冻结，{ $count } 个参数
network-moving = 求梯度，{ $count } 个参数
network-classifier = 分类器
network-kernel = { $kernel } × { $kernel }，步幅 { $stride }
network-maps-wait = 各层的输出将在预测之后出现……
network-features = { $layer } 的特征图
network-tangents = { $layer } 的切向图
network-still = { $layer } 没有切向图：该层位于变动的权重之下，因此保持不变。
network-tangents-note = 切向图是特征图沿完整模型的 <span class="formula"><var>w</var><sub>2</sub></span> 方向的导数：当 <span class="formula"><var>θ</var><sub>2</sub></span> 朝该方向移动时，该层输出如何开始变化。
network-maps = { $count } 幅 { $side } × { $side } 的图；最强值在第 { $map } 幅：{ $value }
network-maps-label = { $title }：{ $text }
network-maps-colours = 图的颜色
legend = { $what }：紫色为 { $low }，绿色为 +{ $high }

## Gradient

gradient-title = 从一个数到 { $count }个数
gradient-lead = 把网络的一个权重移动一点，logit 就会改变。改变的快慢是一个斜率，也就是一个数。{ $scope } 的每个权重都有这样一个斜率，{ $count }个斜率合在一起，就是这幅图像的梯度特征。计算它们不需要任何训练。
gradient-every = 对每个权重都这样做
gradient-every-lead = 图中每个元素是 { $layer } 的一个权重的斜率，也就是一个特征：纵向 { $rows } 个输出，横向 { $columns } 个输入。整个矩阵是两列短数的乘积：<span class="formula">(<var>ω</var> ∘ <var>d</var>)</span>，每个输出一个数（左侧）；<span class="formula"><var>y</var></span>，每个输入一个数（下方）。
gradient-wider = 模型现在使用对 { $scope } 的梯度，共 { $count }个数。图中显示的是其中属于 { $layer } 的部分。
gradient-advanced = 高级：层与顺序
nudge-title = 移动一个权重
nudge-strongest = 回到斜率最大的权重
nudge-slider = 权重的改变量
nudge-reading = 权重改变 { $delta }，{ $name }的 logit 就从 { $before } 变为 { $after }。
nudge-feature = 斜率为 { $slope }（权重每改变 1）。<strong>这个斜率就是一个特征。</strong>
nudge-agrees = 按此斜率画的直线也给出 { $tangent }。两者一直相同，直到 { $kink } 处该权重的输出变号。
nudge-parts = 按此斜率画的直线给出 { $tangent }。两者在 { $kink } 处分开：输出在那里变号，ReLU 的斜率随之改变，此后网络的斜率为 { $slope }。
nudge-network = 网络
nudge-tangent = 按此斜率的直线
nudge-plot = { $name }的 logit 随权重改变量的变化。{ $reading }{ $kink }
gradient-rows = 行
gradient-columns = 列
order-stored = 按存储顺序
order-value = 按数值排序
order-channel = 按通道
order-position = 按位置
logit-of = 目标 logit
logit-minus = 减去
logit-predicted = 预测的类别
logit-none = 无
gradient-colours = 梯度的颜色
gradient-strongest = 这是绝对值最大的元素。可指向其他元素。
matrix-row-factor = 所示各行的因子 ω ∘ d
matrix-column-factor = 所示各列的因子 y
matrix-role = 矩阵
matrix-zoom = 缩放
matrix-zoom-in = 放大
matrix-zoom-out = 缩小
matrix-all = 全部
matrix-keys = 点击某个元素，或在其上按回车键，即可在上方移动它的权重。拖动可查看别处。按键：方向键移动光标，加 Shift 每次移动十分之一；+ 和 − 缩放；0 显示全部。
matrix-whole = 全部 { $rows } 行、{ $columns } 列；每个像素显示其中最强的元素。
matrix-window = 第 { $top } 至 { $bottom } 行，第 { $left } 至 { $right } 列。
matrix-description = { $name } 的 logit 对 { $layer } 权重的梯度：{ $rows } 行，每行 { $columns } 个数，绝对值都不超过 { $extent }

## Predictions

predictions-title = 两项相加，得一个 logit
equation-label = x 的 logit 等于 w1 转置乘 f，加上 omega-bar 转置乘 J 乘 w2
equation-f = 网络的 512 个激活
equation-j = 激活对 { $scope } 的 { $count }个权重的导数
equation-w = 仅有的要训练的部分
equation-omega = 基于 <var>f</var> 的分类器，训练一次后固定不变
predictions-lead = 完整模型为每个类别把两项相加：一项读取激活，另一项读取梯度。两项对所训练的参数都是线性的，网络本身不变。
predictions-precomputed = 引擎就绪之前，显示事先在本机程序中算好的结果。
predictions-live = 在此浏览器中实时计算。
predictions-right = ✓ 与标签一致
predictions-wrong = ✗ 标签为{ $class }
predictions-says = { $model }：{ $class }，{ $share }
predictions-image = 图像 { $index }，标签为{ $class }
predictions-own = 您的图像
predictions-all = { $image }。{ $said }。
terms-title = 完整模型的 logit
terms-others = 其余三个模型
terms-activation = 激活项
terms-gradient = 梯度项
terms-whole = 未拆分
terms-total = logit：总和
terms-scale = 零在中间；所有条形同一刻度，±{ $extent }。<b>粗体</b>：预测的类别。◂ 标签。
terms-class = 类别
terms-column-activation = 激活
terms-column-network = 网络
terms-column-gradient = 梯度

## Linearization

line-title = 拖动权重
line-lead = 梯度项假设：权重从 <span class="formula"><var>θ̄</var><sub>2</sub></span> 移到 <span class="formula"><var>θ̄</var><sub>2</sub> + <var>w</var><sub>2</sub></span> 时，每个 logit 都沿直线变化。让权重移动 <span class="formula"><var>r</var> <var>w</var><sub>2</sub></span>，同时在 100 幅图像上看看这一假设在多大范围内成立。可以拖动滑块，也可以在图上左右拖动。
line-network = 网络，{ $name }的 logit
line-tangent = 它的切线
line-error = 误差
line-reading = r = { $r }：网络给出 { $network }，切线给出 { $tangent }；误差 { $error }。
line-summary = r 从 0 到 2 时 { $name }的 logit。{ $places }
line-slider = 权重移动
line-one-image = 所选图像：权重移动时它的 logit
cloud-lead = 每个记号是一幅测试图像，位置由它在两个模型下的<em>间隔</em>决定：真实类别的 logit 减去其余 logit 中最大的一个。间隔大于零，模型就判断正确。落在对角线上，说明两个模型一致。
cloud-both = 都正确
cloud-one = 一个正确
cloud-none = 都错误
cloud-apart = 间隔之差
cloud-linearized = 线性化模型
cloud-moved = 移动后的网络
cloud-full = 完整模型
cloud-finetuned = 微调模型
cloud-moving-title = 权重移动时
cloud-fixed-title = 线性模型接近微调
cloud-margin = { $model }的间隔
cloud-role = 图像散点图
cloud-label = { $across }与{ $up }对比。{ $summary }
cloud-right = { $model }：{ $all } 幅中 <b>{ $count }</b> 幅正确
cloud-same = 两者对 { $all } 幅图像中的 { $same } 幅给出相同类别，间隔平均相差 { $apart }。
cloud-summary = { $all } 幅图像中，{ $across }判对 { $right } 幅，{ $up }判对 { $other } 幅。{ $same }
cloud-at = r = { $r } 时：{ $summary }
cloud-verdict = { $model }判为{ $class }，间隔 { $margin }
cloud-image = 图像 { $index }，标签为{ $class }：{ $across }；{ $up }。
cloud-point = 指向或轻触一个记号，查看它的图像。
cloud-keys = 图上的按键：方向键在图像之间移动，回车键为整个页面选定一幅。
cloud-loading = 正在加载 100 幅图像的数据……
cloud-failed = 无法加载这 100 幅图像的数据：{ $why }。
cloud-damaged = 文件已损坏
cloud-scope = 这 100 幅图像始终使用作用域 { $shown }；下方的曲线使用 { $scope }。

## Similar images

similar-title = 相似图像
similar-lead = 如果两幅图像的特征（激活或梯度）方向一致，网络就认为它们相似。两个梯度的内积就是网络的神经正切核；用梯度的因子即可算出，不必存储梯度本身。
similar-start = 与图库中的 { $count } 幅图像比较
similar-measured = 在图库的全部 { $images } 幅图像上，按梯度最近的 { $nearest } 幅中有 { $gradient } 与原图同类，按激活为 { $activation }；随机选取则为 { $chance }。相似度对所有特征一视同仁，线性模型则能学会哪些特征重要。
similar-done = 图库所示的 { $count } 幅图像已全部比较。
similar-progress = 图库所示的 { $count } 幅图像中，已比较 { $known } 幅。
similar-by-activation = 按激活
similar-by-gradient = 按{ $name }的 logit 的梯度
similar-share = { $count } 幅中有 { $alike } 幅标签为{ $class }
similar-tile = { $class }，图像 { $index }，相似度 { $similarity }
map-title = 图库的地图
map-by = 远近依据
map-note = 图库图像差异最大的两个方向（对同样的余弦作核主成分分析）。边框颜色表示类别。方向键移动，回车键选择。
map-waits = 全部图像比较完后出现……
map-summary = { $count } 幅图像的地图。{ $title }。图上有 { $alike } 幅图像的最近邻与其同类。它保留了全部方差的 { $share }。
map-share = 此图保留了全部方差的 { $share }。
map-own = 您的图像
map-point = 指向图像即可看到它是哪一幅。

## Training

train-title = 动手训练
train-lead = 四个模型学习区分{ $classes }，每类都用同样的 { $images } 幅图像。网络本身保持不变，只有微调会改动它的权重。准确率在留出的图像上测得。
train-note = 您的图像和训练出的模型只保存在本页中，不会离开您的设备。关闭或重新加载页面后它们就会消失，想保留的模型请先保存。如果引擎中断，训练会从最多十秒之前的状态继续。
train-classes = 类别
train-own = 自定义类别
train-own-example = 我的杯子
train-add-class = 添加类别
train-no-name = 请为类别命名。
train-taken = 已有类别“{ $name }”。
train-empty = 类别“{ $name }”还没有图像。
train-two = 请至少选择两个类别。
train-one-image = 1 幅图像
train-images = { $count } 幅图像
train-files = 添加文件
train-add-chosen = 添加所选图像
train-remove = 移除
train-scope = 作用域
train-steps = 步数
train-speed = 每帧步数
train-play = 开始训练
train-pause = 暂停
train-step = 单步
train-reset = 重置
train-load = 加载模型
train-idle = 尚未训练。
train-preparing = 正在读取图像并拟合 ω̄：{ $share } %
train-learning = 正在训练……
train-paused = 已暂停。
train-done = 全部步数已完成。
train-loaded = 已加载：{ $models }，类别为{ $classes }。它们可在下方预测；再次训练会得到新的模型。
train-resumed = 引擎已重新启动；训练从第 { $step } 步继续。
train-end-steps = { $count } 步
train-losses = 每一步所用图像上的损失
train-losses-label = 四个模型的损失，随训练下降
train-accuracies = 留出图像上的准确率
train-accuracies-label = 四个模型在留出图像上的准确率随步数的变化；数值见下表
train-table = 四个模型的进展
train-column-model = 模型
train-column-fitted = 本次，训练图像
train-column-held = 本次，留出图像（95 % 区间）
train-column-seconds = 秒
train-save-model = 保存“{ $model }”模型
train-held = 每类留出图像数
train-finding = { $seeds } 次训练（每次重新抽取图像）的平均，比激活模型高的百分点：梯度模型 { $gradient }，完整模型 { $full }。
train-interval = { $mean }（95 % 置信区间 { $low } 至 { $high }）
train-band = 色带：事先测得的 { $seeds } 次训练的平均准确率及其 95 % 置信区间。上面的线：您自己的这次训练。
train-again = 换一批图像再来一次
train-advanced = 更多：其他类别、您自己的图像、设置、文件
train-column-mean = { $seeds } 次平均
trial-title = 您的模型怎么看？
trial-idle = 点击“开始训练”之后，您自己的模型会在这里预测所选图像。
trial-how = 这是本页当前所选的图像。可以在下面另选一幅，也可以在页面顶部拍照、绘制或打开文件，您的模型会立即作答。
trial-tiles = 留出的图像，可用来试试模型
trial-wrong = 错误

## Ablation

ablation-title = 梯度为什么是好特征
ablation-lead = 这里在部分随机的网络中求梯度：最后一层以下各层（<var>θ</var><sub>1</sub>）、最后一层（<var>θ</var><sub>2</sub>）以及梯度所经过的分类器（<var>ω</var>）。即论文的表 1，用图库中全部十类的图像。
ablation-note = 随机层采用训练时常用的 He 初始化，偏置为 0；随机的 <var>ω</var> 服从正态分布。预训练的 <var>ω</var> 是在同一个部分随机网络的激活上拟合的分类器。完整模型的激活项始终来自预训练网络。每个模型约训练 { $steps } 步，每类其余的图像全部留出。
ablation-table = 按预训练部分列出的准确率
ablation-caption = 留出图像上的准确率，按预训练部分列出
ablation-start = 开始
ablation-stop = 停止
ablation-idle = 可以在这里亲自测量，图像数和随机种子由您选择。
ablation-measured = 预先算好的结果：{ $seeds } 个随机种子的平均，每类用 { $images } 幅图像拟合，在 { $held } 幅留出图像上测得。
ablation-own = 亲自运行
ablation-running = 约完成 { $share } %，{ $all } 行中已有 { $rows } 行。
ablation-done = 在 { $held } 幅留出图像上测得。
ablation-stopped = 在 { $all } 行中的第 { $rows } 行后停止。
ablation-anew = 引擎已重新启动。请重新开始。
ablation-trained = 预训练
ablation-random = 随机
ablation-foremost = 在这个随机种子下，{ $part } 最为重要，差异超出了偶然的范围。
ablation-unclear = 图像太少，无法判断哪个部分最重要。
ablation-finding = 单独预训练一个部分给梯度模型的准确率带来的提升（百分点，四对行的平均）：{ $effects }。{ $conclusion }

## Self-check

check-title = 自检
check-lead = 本页用所选图像检验自己：导数与有限差分对比，GPU 与 CPU 对比，并测量有、无导数时一次预测的时间。
check-start = 开始自检
check-image = 测试图像 { $index }（{ $class }）
check-progress = { $image }：{ $pieces } 步中已完成 { $done } 步。
check-quotients = 雅可比-向量积与有限差分对比
check-quotients-note = (F(θ̄ + h·w₂) − F(θ̄)) / h 在各类别中的最大误差，相对于最大的导数。误差先随 h 减小，直到 F 的舍入误差除以 h 后反而更大。
check-error = 误差
check-rounding = 舍入
check-in-h = 与 h 成正比
check-in-one-over-h = 舍入，与 1/h 成正比
check-plot = 误差与 h 的关系，均为对数刻度。最小误差为 { $best }。
check-agreements = GPU 与 CPU 对比
check-cpu-only = 本页在 CPU 上计算，没有可以对比的结果。
check-to-come = 尚未测量。
check-numbers = 数值
check-difference = 最大差值
check-size = 最大数值
check-activations = 激活
check-logits = “{ $model }”模型的 logit
check-timings = 一幅图像的预测
check-on = 运行于
check-plain = 普通
check-jvp = 含 JVP
check-ratio = 比值
check-median = 取中位数的次数
check-gpu = GPU（WebGPU）
check-cpu = CPU（WebAssembly）
check-processor = 处理器
check-browser = 浏览器
check-program = 程序
check-network = 网络
check-memory = 内存
check-megabytes = 引擎占用 { $size } MB

## 导览
tour-start = 开始导览
tour-go-on = 从第 { $step } 步继续导览
tour-back = 上一步
tour-next = 下一步
tour-end = 完成
tour-leave = 关闭
tour-place = 第 { $step } 步，共 { $steps } 步：{ $title }
tour-waiting = 预测完成后，这里会显示数值……
tour-claim-title = 主要结论
tour-claim = 四个模型用的是同一个网络：“{ $activation }”读取网络的激活，“{ $gradient }”读取网络的梯度。在两者之间切换，看看哪些图像判断正确，旁边是正确的总数。
tour-image-title = 一幅图像
tour-image-tile = 测试图像 { $index } 的标签是{ $class }。{ $said }。您也可以另选一幅图像，导览会接着讲它。
tour-image-own = 这是 { $name }。{ $said }。您也可以另选一幅图像，导览会接着讲它。
tour-reader = { $model }模型判断为{ $class }（{ $share }）
tour-gradient-title = 一个权重，一个特征
tour-gradient = 稍微改变一个权重，{ $class }的 logit 就会随之改变，变化的斜率就是一个特征。每个权重各有一个特征，合在一起就是梯度。
tour-terms-title = 两项之和
tour-terms = 完整模型对{ $class }的 logit 是两项之和：激活项 { $activation } 加梯度项 { $gradient }，等于 { $total }。
tour-line-title = 拖动权重
tour-line = 拖动 r。r = 0 时权重保持预训练的值，r = 1 时权重移动了 w₂。在 0 附近，网络与它的切线一致；移得越远，两者相差越大。梯度模型只需要切线，因此不必改动任何权重。
tour-train-title = 训练模型
tour-train = 按“{ $play }”。四个模型就在您的浏览器中，用少量图像开始学习。您可以看到每个模型在未参与训练的图像上的准确率。
tour-own-title = 您自己的图像
tour-own = 打开文件、使用摄像头，或者画一幅图。图像不会离开您的设备，之后整个页面都会用它来展示各模型的判断。
later-failed = 本页的其余部分未能加载。

## Appendix and footer

appendix-title = 附录
appendix-lead = 哪些部分需要训练、相似图像、网络各层的图、自检
footer-code = 源代码
footer-card = 模型说明
footer-licence = 许可证：

## Deeper
deeper = 深入一步
network-deeper = 前向模式在前向计算的同时求导。每一层都传出一对量：它的输出，以及权重沿 <span class="formula"><var>w</var><sub>2</sub></span> 移动时输出的变化。<var>x</var> 与权重 <var>W</var> 的卷积，其导数为 <span class="formula"><var>x</var> ⋆ <var>w</var><sub>2</sub> + <var>ẋ</var> ⋆ <var>W</var></span>；leaky ReLU 把两者都乘以 <var>d</var>：值大于 0 时为 1，否则为其斜率（论文式 6 和式 7）。因此一次前向就得到 <var>f</var> 和 <span class="formula"><var>J</var> <var>w</var><sub>2</sub></span>，而雅可比矩阵本身（每幅图像 512 行，每行 { $count }个数）从不写出。
gradient-deeper = 由链式法则，类别 <var>c</var> 的 logit 对从输入 <var>i</var> 到输出 <var>o</var> 的权重的导数为 <span class="formula"><var>ω</var>[<var>c</var>, <var>o</var>] · <var>d</var>[<var>o</var>] · <var>y</var>[<var>i</var>]</span>：该类别有多依赖这个输出、这个输出是否被激活，以及输入的值。输出乘以输入是秩为 1 的矩阵，两个类别只在第一个因子上不同。作用域更宽时，梯度在每一层各有一部分；最后一层以下的部分是在图像各位置上对这类乘积求和。各层合计有 { $count }个数。
predictions-deeper = 模型的 logit 经 softmax 变为百分比，即各指数占其总和的份额。激活、梯度和完整模型对所训练的量都是线性的：无论训练从哪里开始，它们的损失都只有一个最小值。梯度模型用网络的切线 <span class="formula"><var>F</var>(<var>θ̄</var>) + <var>ω̄</var><sup>⊤</sup> <var>J</var> <var>w</var><sub>2</sub></span> 代替网络，并去掉常数部分；完整模型则以 <var>f</var> 上的自由分类器取代该部分。切线所近似的正是微调。
line-deeper = 泰勒定理：<span class="formula"><var>F</var>(<var>θ̄</var> + <var>r</var> <var>w</var><sub>2</sub>) = <var>F</var>(<var>θ̄</var>) + <var>r</var> <var>ω̄</var><sup>⊤</sup> <var>J</var> <var>w</var><sub>2</sub> + <var>O</var>(<var>r</var>²)</span>。切线保留前两项。最后一层是分段线性的，在同一段内切线是精确的；随着 <var>r</var> 增大，512 个激活中变号的越来越多，误差大致按平方增长。网络越宽，权重需要移动得越少，切线就越准确；极限情形就是神经正切核。
similar-deeper = 对最后一层，核为 <span class="formula">(⟨<var>y</var>, <var>y</var>′⟩ / 512 + 0.1) · ⟨<var>ω</var> ∘ <var>d</var>, <var>ω</var> ∘ <var>d</var>′⟩</span>：用 4,096 个数和 512 个数的两个内积代替 210 万个数的一个内积。再除以两个梯度的长度，就是它们夹角的余弦。图是核主成分分析：把所有图像对的核矩阵中心化，它的前两个特征向量就是图像的位置。
train-deeper = 先拟合梯度项所用的分类器 <var>ω̄</var>，然后四个模型一起开始。损失是平均交叉熵加上对大权重的惩罚：图像很少时，没有惩罚的权重会只迎合这几幅图像。它对 <span class="formula"><var>w</var><sub>1</sub></span> 和 <span class="formula"><var>w</var><sub>2</sub></span> 是凸的：只有一个最小值，所以随机种子或步长只影响收敛的快慢，不影响结果；对微调的权重则不是凸的。色带所示的各次训练都从图库中每类同样的 100 幅图像里抽取：换成这些类别的其他图像，差距会更小或更大。每幅图像的冻结特征是最后一层的输入（4,096 个数）和它的预激活值（512 个数）。一步把 32 幅图像的冻结输入乘以 <span class="formula"><var>w</var><sub>2</sub></span>，再用反向模式对这一个乘积求导。
ablation-deeper = 如果只靠特征的数量就够，那么随机网络的 210 万个特征也行。其实不然：在论文表 1（CIFAR-10，同一作用域）中，全随机网络的梯度模型在测试图像上正确率为 23.1 %，只有 <span class="formula"><var>θ</var><sub>1</sub></span> 预训练时为 53.4 %，全部预训练时为 70.1 %。下面的层决定输入什么（<var>y</var>），最后一层决定哪些输出被激活（<var>d</var>），<var>ω</var> 给它们加权。
check-deeper = <var>F</var> 的两个值之差偏离导数有两个原因：曲线弯曲，误差与 <var>h</var> 成正比；<var>F</var> 只有七位有效数字，其舍入误差要除以 <var>h</var>。若导数有错，就会留下无论 <var>h</var> 多小都不消失的误差；导数正确时，误差在两条直线相交处最小。
