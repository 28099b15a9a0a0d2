#compdef edgeassist

__edgeassist_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__edgeassist_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __edgeassist_complete "${completions[@]:0:-1}"
    fi
}

__edgeassist_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_edgeassist() {
    emulate -RL zsh -G
    setopt extendedglob nullglob numericglobsort
    unsetopt aliases banghist

    local -xr SAP_SHELL=zsh
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(builtin emulate zsh -c 'printf %s "${ZSH_VERSION}"')"
    local -r SAP_SHELL_VERSION

    local context state state_descr line
    local -A opt_args

    local -r command_name="${words[1]}"
    local -ar command_line=("${words[@]}")
    local -ir current_word_index="$((CURRENT - 1))"

    local -i ret=1
    local -ar ___pace=('realtime' 'fast')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___vision=('dense' 'sparse-tower' 'sparse')
    local -ar ___vision_cache=('f32' 'q8')
    local -ar ___kv_type=('f16' 'q8_0' 'q4' 'amxfp4')
    local -ar ___kv_policy=('infinipot-v' 'sliding-window' 'uniform' 'full')
    local -ar arg_specs=(
        '--video[Video to watch\: a file, rtsp\://…, http\://…, a camera such as /dev/video0, or - for standard input.]:source:_files'
        '--fps[Frames sampled per second. auto\: the model'\''s own rate while something changes, ever fewer in quiet, at least one in 10 seconds. (default\: the model'\''s own rate)]:n:'
        '--cpu-share[On the screen, compute frames in this part of the time on average, such as 50%, so that a box without a fan stays cool; frames beyond it are left out. Questions are answered at once; a batch computes every frame. (default\: no limit)]:percent:'
        '--max-pixels[Frames of more pixels than this are scaled down. (default\: the model'\''s own limit)]:n:'
        '--pace[Read a file at its own speed (realtime) or as fast as the model takes it (fast). By default realtime on the screen and fast in a batch.]:pace:{__edgeassist_complete "${___pace[@]}"}'
        '--reconnect[How long to try a camera or other live source again that broke off\: always, never, or a time such as 90s, 10m or 2h. (default\: always; in a batch a minute where only the end is asked about)]:time:'
        '--signal-timeout[How long a camera or other live source may send nothing before it counts as lost\: a time such as 90s or 2m, longer than a slow camera takes from one frame to the next. (default\: 10s)]:time:'
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--vision[sparse\: of each frame only places that have changed go through the vision tower and are read by the language model, which is several times as fast with a camera that stands still. sparse-tower\: the language model reads all of them. dense\: everything is computed for every frame. (default\: dense)]:encoding:{__edgeassist_complete "${___vision[@]}"}'
        '--vision-cache[How --vision sparse keeps the vision tower'\''s keys and values\: as floats (f32), or in 8 bits (q8), which takes a quarter of the memory. (default\: q8)]:type:{__edgeassist_complete "${___vision_cache[@]}"}'
        '*--lora[LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent\: retriever, planner, coder, debugger. May be given more than once.]:file:_files -g '\''*.gguf'\'''
        '--kv-budget[KV cache budget in tokens. (default\: the model'\''s own, or 4096; in bench\: 1024, with --quick 512; in eval\: --kv-ratios)]:tokens:'
        '--kv-memory[KV cache budget in bytes, for example 64MiB.]:size:'
        '--kv-type[Number format of keys and values\: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default\: f16)]:type:{__edgeassist_complete "${___kv_type[@]}"}'
        '--kv-policy[Which tokens are retained when the budget is full.]:policy:{__edgeassist_complete "${___kv_policy[@]}"}'
        '--kv-variant[Changes to InfiniPot-V, separated by commas; published for InfiniPot-V as published.]:names:'
        '--kv-profile[Budget of each attention head, from a file that `edgeassist profile` has written.]:file:_files'
        '--kv-offload[Offload evicted tokens to this file, and retrieve those that a question needs.]:file:_files'
        '--kv-offload-size[Largest size of the offload file. (default\: 256MiB)]:size:'
        '--max-tokens[Longest answer, in tokens.]:n:'
        '--temperature[Sampling temperature; 0 always takes the most likely token.]:t:'
        '--top-k[Sample from the k most likely tokens; 0 for all.]:k:'
        '--top-p[Sample from the most likely tokens whose probabilities add up to p.]:p:'
        '--min-p[Sample from tokens at least p times as likely as the most likely one.]:p:'
        '--repeat-penalty[Penalty for tokens that repeat, above 1; 1 for none.]:x:'
        '--seed[Seed of the sampler.]:n:'
        '--system-prompt[System prompt. (default\: the one of the model'\''s chat template)]:text:'
        '--code-model[Language model for programming tasks, a file or hf\:… as for --model. (default\: that of --model, else the small embedded coder)]:file:_files -g '\''*.gguf'\'''
        '--code-exemplars[Similar tasks that the retriever thinks of; each leads to a plan. (default\: 3)]:n:'
        '--code-rounds[Debugging rounds for the program of a plan. (default\: 5)]:n:'
        '--code-seconds[Longest time for a task, in seconds. (default\: no limit)]:s:'
        '--code-tokens[Most tokens generated for a task. (default\: no limit)]:n:'
        '--unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--no-unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--batch[Answer the requests of this file (JSON Lines; - for standard input), without a terminal.]:file:_files -g '\''*.jsonl'\'''
        '--output[Write results to this file. (default\: standard output)]:file:_files'
        '--resume[Skip the requests that the output file already answers.]'
        '--shard[Answer the K-th of N parts of the requests, divided by their ids\: one machine runs 1/4, another 2/4, and `edgeassist merge` joins their results. slurm\: the part of this task of a Slurm job array.]:k/n:'
        '--log-file[Append a log of the run to this file\: options, model, requests, warnings, signal losses, errors, end.]:file:_files'
        '--config[Settings file. (default\: $EDGEASSIST_CONFIG, else edgeassist/config.toml in $XDG_CONFIG_HOME or ~/.config)]:file:_files -g '\''*.toml'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
        '(-): :->command'
        '(-)*:: :->arg'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0
    case "${state}" in
    command)
        local -ar subcommands=(
            'inspect:Report what a GGUF file holds, what it needs in memory, and whether this machine can run it.'
            'quantize:Quantize a model file, and report the error of each tensor.'
            'watch:Watch a stream for things said in plain words, and tell when they happen.'
            'code:Solve programming tasks from files and folders; programs are run on their examples in a sandbox.'
            'eval:Measure how well questions about long streams are answered, or programming tasks solved.'
            'profile:Measure how much of the KV cache each attention head needs, once for a model.'
            'compare:Compare two models on a text or on questions: perplexity, KL divergence, likeliest tokens, answers.'
            'bench:Measure how fast a model runs on this machine, and how much of its memory bandwidth decoding uses.'
            'autotune:Measure how a model'\''s products are best divided among this machine'\''s threads and caches, and keep that.'
            'doctor:Report what this machine offers: processor, memory, video, terminal, programs, and what that means.'
            'pull:Download a model and its vision tower from the Hugging Face hub.'
            'models:List the models that have been downloaded, or remove one.'
            'merge:Join the results of several shards of a batch, in the order of the requests.'
            'help:Show subcommand help information.'
        )
        _describe -V subcommand subcommands && ret=0
        ;;
    arg)
        case "${words[1]}" in
        inspect|quantize|watch|code|eval|profile|compare|bench|autotune|doctor|pull|models|merge|help)
            "_edgeassist_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_edgeassist_inspect() {
    local -i ret=1
    local -ar ___kv_type=('f16' 'q8_0' 'q4' 'amxfp4')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar arg_specs=(
        ':file:_files -g '\''*.gguf'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--kv-budget[KV cache budget in tokens. (default\: the model'\''s own, or 4096; in bench\: 1024, with --quick 512; in eval\: --kv-ratios)]:tokens:'
        '--kv-memory[KV cache budget in bytes, for example 64MiB.]:size:'
        '--kv-type[Number format of keys and values\: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default\: f16)]:type:{__edgeassist_complete "${___kv_type[@]}"}'
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--json[Print one JSON object instead of tables.]'
        '--tensors[List every tensor.]'
        '--checksums[Read the whole file and check each tensor against the checksum (XXH64) that `quantize` has kept for it; list the checksums of a file without. Damage ends with status 1.]'
        '--accumulators[Report how many bits the sums of the model'\''s matrix products need.]'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_quantize() {
    local -i ret=1
    local -ar ___type=('F32' 'F16' 'BF16' 'Q8_0' 'Q6_K' 'Q5_K_M' 'Q5_K_S' 'Q5_1' 'Q5_0' 'Q4_K_M' 'Q4_K_S' 'Q4_1' 'Q4_0' 'IQ4_NL' 'IQ4_XS' 'DINT4' 'AMXFP4' 'NVFP4' 'MXFP4' 'Q3_K_L' 'Q3_K_M' 'Q3_K_S' 'Q2_K' 'Q2_K_S' 'SAWB2' 'TQ2_0' 'TQ1_0' 'COPY')
    local -ar arg_specs=(
        ':input:_files -g '\''*.gguf'\'''
        ':output:_files -g '\''*.gguf'\'''
        '--type[Quantization type, such as Q4_K_M.]:type:{__edgeassist_complete "${___type[@]}"}'
        '--target-bytes[Choose a type for each tensor so that the file has at most this size, such as 88MB or 1.2GiB; needs --calibrate.]:size:'
        '--target-kl[Choose a type for each tensor so that the file is as small as it can be with at most this KL divergence, in nats, on the calibration text; needs --calibrate.]:x:'
        '--types[Types to choose from, separated by commas. (default\: Q2_K,Q3_K,IQ4_XS,IQ4_NL,Q4_K,Q4_1,Q5_K,Q5_0,Q5_1,Q6_K,Q8_0)]:types:'
        '--sensitivities[Keep measurements in this file, and take from it what was measured before. (default\: MODEL.sensitivities.jsonl beside the file that is written)]:file:_files -g '\''*.jsonl'\'''
        '--sensitivity-windows[Measure divergences on this many windows of the calibration text, from 1 to 512. (default\: 4)]:n:'
        '--split-neurons[Split this many neurons of each feed-forward network in two first, a multiple of 32\: those whose weights set the scales of many blocks. The outputs stay the same. (default\: 0)]:n:'
        '--attention-pruning[Leave out the language model'\''s attention heads that this profile says, and their weights. `edgeassist profile --pruning` makes it, of this very file.]:file:_files -g '\''*.json'\'''
        '--calibrate[Measure on this text (UTF-8), or on these conversations (JSON Lines\: requests as for --batch, with videos and answers where there are some, or messages), how much each column of weights matters, and quantize by that. self lets the model write the text, about two subjects each time; self-single about one.]:file:_files'
        '--calibrate-length[Tokens of a window of the text, from 8 to 65536; best as long as what the model will read. Conversations have lengths of their own. (default\: 512)]:tokens:'
        '--calibrate-windows[Read this many windows or conversations at most. (default\: 128, or 48 with self)]:n:'
        '--mmproj[Vision tower for the videos of --calibrate (mmproj GGUF). (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--scale-channels[Scale the channels between the matrices so that weights and 8-bit activations together lose least, and fold the scales into the weights (AQAS, arXiv 2311.05161). Costs nothing at run time; adapters of the original no longer fit. Needs --calibrate.]'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--dry-run[Write nothing; report the type of each tensor and the size of the file.]'
        '--json[Print the report as JSON.]'
        '--force[Replace the file if it exists.]'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_watch() {
    local -i ret=1
    local -ar ___sensitivity=('low' 'normal' 'high')
    local -ar ___pace=('realtime' 'fast')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___vision=('dense' 'sparse-tower' 'sparse')
    local -ar ___vision_cache=('f32' 'q8')
    local -ar ___kv_type=('f16' 'q8_0' 'q4' 'amxfp4')
    local -ar arg_specs=(
        '*--watch[Tell when this is so\: a condition in plain words, or a question that is answered with yes or no. May be given more than once. “since\: …” is about all that is remembered, “missing 10m\: …” tells when it has not been seen for ten minutes.]:words:'
        '--sensitivity[How unusual the answer must be\: low tells less, high tells more.]:level:{__edgeassist_complete "${___sensitivity[@]}"}'
        '--cooldown[Time after an alert without another of the same watch. (default\: 10s)]:time:'
        '--on-alert[Run this program for each event, with the event as a line of JSON on its standard input. It is not given to a shell, and is killed after 30 seconds.]:program:_files'
        '--snapshots[Write the frame at which something began into this folder, as PNG.]:folder:_files -/'
        '--output[Append events to this file, a line of JSON each. (default\: standard output)]:file:_files'
        '--report[At the end, list when each watch began and ended, and how its scores were.]'
        '--plot[At the end, plot the scores over time to this file (PNG).]:file:_files -g '\''*.png'\'''
        '--video[Video to watch\: a file, rtsp\://…, http\://…, a camera such as /dev/video0, or - for standard input.]:source:_files'
        '--fps[Frames sampled per second. auto\: the model'\''s own rate while something changes, ever fewer in quiet, at least one in 10 seconds. (default\: the model'\''s own rate)]:n:'
        '--cpu-share[On the screen, compute frames in this part of the time on average, such as 50%, so that a box without a fan stays cool; frames beyond it are left out. Questions are answered at once; a batch computes every frame. (default\: no limit)]:percent:'
        '--max-pixels[Frames of more pixels than this are scaled down. (default\: the model'\''s own limit)]:n:'
        '--pace[Read a file at its own speed (realtime) or as fast as the model takes it (fast). By default realtime on the screen and fast in a batch.]:pace:{__edgeassist_complete "${___pace[@]}"}'
        '--reconnect[How long to try a camera or other live source again that broke off\: always, never, or a time such as 90s, 10m or 2h. (default\: always; in a batch a minute where only the end is asked about)]:time:'
        '--signal-timeout[How long a camera or other live source may send nothing before it counts as lost\: a time such as 90s or 2m, longer than a slow camera takes from one frame to the next. (default\: 10s)]:time:'
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--vision[sparse\: of each frame only places that have changed go through the vision tower and are read by the language model, which is several times as fast with a camera that stands still. sparse-tower\: the language model reads all of them. dense\: everything is computed for every frame. (default\: dense)]:encoding:{__edgeassist_complete "${___vision[@]}"}'
        '--vision-cache[How --vision sparse keeps the vision tower'\''s keys and values\: as floats (f32), or in 8 bits (q8), which takes a quarter of the memory. (default\: q8)]:type:{__edgeassist_complete "${___vision_cache[@]}"}'
        '--lora[LoRA adapter (GGUF) for the language model.]:file:_files -g '\''*.gguf'\'''
        '--kv-budget[KV cache budget in tokens. (default\: the model'\''s own, or 4096; in bench\: 1024, with --quick 512; in eval\: --kv-ratios)]:tokens:'
        '--kv-memory[KV cache budget in bytes, for example 64MiB.]:size:'
        '--kv-type[Number format of keys and values\: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default\: f16)]:type:{__edgeassist_complete "${___kv_type[@]}"}'
        '--log-file[Append a log of the run to this file.]:file:_files'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_code() {
    local -i ret=1
    local -ar ___language=('python' 'c' 'swift')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar arg_specs=(
        '*:path:_files'
        '--output[Write results to this file. (default\: standard output)]:file:_files'
        '--resume[Skip the tasks that the output file already answers.]'
        '--language[Write programs in this language, whatever a task says.]:name:{__edgeassist_complete "${___language[@]}"}'
        '--code-model[Language model for programming tasks, a file or hf\:… as for --model. (default\: that of --model, else the small embedded coder)]:file:_files -g '\''*.gguf'\'''
        '--code-exemplars[Similar tasks that the retriever thinks of; each leads to a plan. (default\: 3)]:n:'
        '--code-rounds[Debugging rounds for the program of a plan. (default\: 5)]:n:'
        '--code-seconds[Longest time for a task, in seconds. (default\: no limit)]:s:'
        '--code-tokens[Most tokens generated for a task. (default\: no limit)]:n:'
        '--unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--no-unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '*--lora[LoRA adapter (GGUF) for a role of the programming agent\: retriever, planner, coder, debugger. May be given more than once.]:role=file:_files -g '\''*.gguf'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_eval() {
    local -i ret=1
    local -ar ___suite=('doorstep' 'code' 'watch')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___vision=('dense' 'sparse-tower' 'sparse')
    local -ar ___vision_cache=('f32' 'q8')
    local -ar arg_specs=(
        '--suite[What to evaluate.]:name:{__edgeassist_complete "${___suite[@]}"}'
        '--questions[Number of questions. (default\: 300)]:n:'
        '--seconds[Length of a drawn stream, in seconds. (default\: 90.0)]:s:'
        '--visits[Things that come by in a drawn stream, a number or a range. (default\: 2-4)]:n-m:'
        '--kinds[Kinds of drawn streams, separated by commas\: early, middle, late, spread, distractors, static, day-and-night, dialogue. (default\: all, one after the other)]:names:'
        '--disturbances[What disturbs the drawn streams, one after the other, separated by commas\: rain, snow, leaves, flicker, exposure, night, headlights, shake, sunrise, cut, pan, keyframes, fade; or all. (default\: nothing)]:names:'
        '--warmup-seconds[Seconds without events before each drawn stream\: with 86400, events come after a day. (One minute is drawn and repeated; each configuration prefills all of it once.) (default\: 0.0)]:s:'
        '--questions-per-stream[Questions about one drawn stream. (default\: 10)]:n:'
        '--seed[Seed of streams and questions. (default\: 1)]:n:'
        '--requests[Ask about your own clips\: a request file as --batch reads it, each request with a video.]:file:_files -g '\''*.jsonl'\'''
        '--answers[The right answers to --requests\: JSON Lines with id, answer and, optionally, turn, kind and position.]:file:_files -g '\''*.jsonl'\'''
        '--configurations[Configurations to compare, separated by commas\: a policy and its changes, joined by +, such as infinipot-v+tar-proxy+q8_0+offload. All are compared with the first. (default\: full,infinipot-v,infinipot-v+tar-proxy,uniform,sliding-window)]:specs:'
        '--kv-ratios[KV cache budgets as parts of the full cache'\''s bytes, separated by commas. (default\: 1/2,1/4,1/8,1/16)]:ratios:'
        '--kv-budget[KV cache budget in tokens. (default\: the model'\''s own, or 4096; in bench\: 1024, with --quick 512; in eval\: --kv-ratios)]:tokens:'
        '--kv-memory[KV cache budget in bytes, for example 64MiB.]:size:'
        '--kv-profile[Budget of each attention head, from a file that `edgeassist profile` has written.]:file:_files'
        '--kv-offload[Offload evicted tokens to this file, and retrieve those that a question needs.]:file:_files'
        '--kv-offload-size[Largest size of the offload file. (default\: 256MiB)]:size:'
        '*--tasks[Task files and folders, as `edgeassist code` reads them. May be given more than once. (default\: the held-out tasks that come with the program)]:path:_files'
        '--methods[Methods to compare, separated by commas\: single-shot, prompted, adapters-without-debugger, adapters. (default\: all)]:names:'
        '--code-model[Language model for programming tasks, a file or hf\:… as for --model. (default\: that of --model, else the small embedded coder)]:file:_files -g '\''*.gguf'\'''
        '--code-exemplars[Similar tasks that the retriever thinks of; each leads to a plan. (default\: 3)]:n:'
        '--code-rounds[Debugging rounds for the program of a plan. (default\: 5)]:n:'
        '--code-seconds[Longest time for a task, in seconds. (default\: no limit)]:s:'
        '--code-tokens[Most tokens generated for a task. (default\: no limit)]:n:'
        '--unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--no-unsafe-run[Run programs without a sandbox. They can do whatever you can.]'
        '--output[Write a record for each question or task to this file, as JSON Lines.]:file:_files'
        '--resume[Skip the questions or tasks that the output file already answers.]'
        '--json[Write the summary to this file as JSON; - for standard output.]:file:_files'
        '--plot[Plot to this file (PNG) which frames of the last stream each bounded configuration retains, at the last budget.]:file:_files -g '\''*.png'\'''
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--vision[sparse\: of each frame only places that have changed go through the vision tower and are read by the language model, which is several times as fast with a camera that stands still. sparse-tower\: the language model reads all of them. dense\: everything is computed for every frame. (default\: dense)]:encoding:{__edgeassist_complete "${___vision[@]}"}'
        '--vision-cache[How --vision sparse keeps the vision tower'\''s keys and values\: as floats (f32), or in 8 bits (q8), which takes a quarter of the memory. (default\: q8)]:type:{__edgeassist_complete "${___vision_cache[@]}"}'
        '*--lora[LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent\: retriever, planner, coder, debugger. May be given more than once.]:file:_files -g '\''*.gguf'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_profile() {
    local -i ret=1
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___vision=('dense' 'sparse-tower' 'sparse')
    local -ar ___vision_cache=('f32' 'q8')
    local -ar arg_specs=(
        '--output[Write the profile to this file.]:file:_files'
        '--ratio[Ratio of all heads'\'' tokens that count as needed, between 0 and 1. (default\: 0.125)]:ratio:'
        '--group-size[Heads in a group, for the part of the report on groups. (default\: 4)]:n:'
        '--pruning[Measure which attention heads and maps can be left out, for --attention-pruning, in place of budgets.]'
        '--prune-heads[Ratio of the language model'\''s key-value heads to leave out, 0 to 0.9. (default\: 0.1)]:ratio:'
        '--prune-vision-heads[Ratio of the vision tower'\''s heads to leave out, 0 to 0.9. (default\: 0.1)]:ratio:'
        '--reuse-maps[Ratio of the vision tower'\''s layers to reuse the attention map of the layer before, 0 to 0.9. (default\: 0.25)]:ratio:'
        '--data[A text, in UTF-8, that the language model is measured on in place of the questions.]:file:_files'
        '--windows[Windows of 512 tokens of --data. (default\: 2)]:n:'
        '--questions[Number of questions. (default\: 300)]:n:'
        '--seconds[Length of a drawn stream, in seconds. (default\: 90.0)]:s:'
        '--visits[Things that come by in a drawn stream, a number or a range. (default\: 2-4)]:n-m:'
        '--kinds[Kinds of drawn streams, separated by commas\: early, middle, late, spread, distractors, static, day-and-night, dialogue. (default\: all, one after the other)]:names:'
        '--disturbances[What disturbs the drawn streams, one after the other, separated by commas\: rain, snow, leaves, flicker, exposure, night, headlights, shake, sunrise, cut, pan, keyframes, fade; or all. (default\: nothing)]:names:'
        '--warmup-seconds[Seconds without events before each drawn stream\: with 86400, events come after a day. (One minute is drawn and repeated; each configuration prefills all of it once.) (default\: 0.0)]:s:'
        '--questions-per-stream[Questions about one drawn stream. (default\: 10)]:n:'
        '--seed[Seed of streams and questions. (default\: 1)]:n:'
        '--requests[Ask about your own clips\: a request file as --batch reads it, each request with a video.]:file:_files -g '\''*.jsonl'\'''
        '--answers[The right answers to --requests\: JSON Lines with id, answer and, optionally, turn, kind and position.]:file:_files -g '\''*.jsonl'\'''
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--vision[sparse\: of each frame only places that have changed go through the vision tower and are read by the language model, which is several times as fast with a camera that stands still. sparse-tower\: the language model reads all of them. dense\: everything is computed for every frame. (default\: dense)]:encoding:{__edgeassist_complete "${___vision[@]}"}'
        '--vision-cache[How --vision sparse keeps the vision tower'\''s keys and values\: as floats (f32), or in 8 bits (q8), which takes a quarter of the memory. (default\: q8)]:type:{__edgeassist_complete "${___vision_cache[@]}"}'
        '--lora[LoRA adapter (GGUF) for the language model.]:file:_files -g '\''*.gguf'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_compare() {
    local -i ret=1
    local -ar ___activations=('mxfp4' 'amxfp4')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar arg_specs=(
        ':reference:_files -g '\''*.gguf'\'''
        ':candidate:_files -g '\''*.gguf'\'''
        '--data[The text, in UTF-8, or requests with an answer beside each question, in JSON Lines.]:file:_files'
        '--answers[The right answers to the requests\: JSON Lines with id, answer and, optionally, turn.]:file:_files -g '\''*.jsonl'\'''
        '--mmproj[Vision tower of both models (mmproj GGUF), for videos. (default\: the mmproj file beside the first model)]:file:_files -g '\''*.gguf'\'''
        '--questions[Ask this many questions at most. (default\: all of the requests)]:n:'
        '--context[Tokens of a window, from 8 to 65536. (default\: 512)]:tokens:'
        '--activations[Cast the inputs of the compared model'\''s layers to a 4-bit format, mxfp4 or amxfp4, as if it computed with weights and activations in 4 bits. Its matrices must be quantized. (default\: 8 bits)]:type:{__edgeassist_complete "${___activations[@]}"}'
        '--windows[Compare on this many windows at most. (default\: all of the text)]:n:'
        '--output[Write a record for each window or question to this file, as JSON Lines.]:file:_files'
        '--resume[Skip the windows or questions that the output file already has.]'
        '--json[Write the summary to this file as JSON; - for standard output.]:file:_files'
        '--plot[Plot differences by position in a window or answer to this file (PNG).]:file:_files -g '\''*.png'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--nonlinear[How the second model computes nonlinear functions\: exact, or lut16 from tables. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_bench() {
    local -i ret=1
    local -ar ___kv_type=('f16' 'q8_0' 'q4' 'amxfp4')
    local -ar ___nonlinear=('exact' 'lut16')
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___vision=('dense' 'sparse-tower' 'sparse')
    local -ar ___vision_cache=('f32' 'q8')
    local -ar ___shape=('qwen2-0.5b' 'qwen2-1.5b' 'qwen3-0.6b' 'qwen3-1.7b' 'qwen2-vl-2b' 'qwen2-vl-7b' 'qwen2.5-vl-3b' 'qwen3-vl-2b' 'qwen3-vl-4b' 'smollm2-135m' 'smollm2-360m' 'llama-3.2-1b' 'smolvlm2-500m' 'lfm2-vl-450m' 'qwen3.5-0.8b' 'qwen3.5-2b')
    local -ar arg_specs=(
        '--only[Measure only these parts, separated by commas\: load, bandwidth, prefill, decode, branches, vision, sparse-vision, ingest, compression, first-token, long-stream, memory.]:parts:'
        '--quick[Fewer repetitions and shorter prompts, for a first look.]'
        '--repetitions[How often each result is measured. (default\: 5; --quick\: 3)]:n:'
        '--prompt-lengths[Lengths of the prompts to prefill in tokens, separated by commas. (default\: 32,128,512; --quick\: 32,128)]:n,…:'
        '--context[Tokens in the KV cache before decoding, separated by commas. (default\: 0,1024,4096; --quick\: 0,256)]:n,…:'
        '--image-size[Size of the frames. (default\: the largest square that the model prefers)]:w×h:'
        '--minutes[Minutes of a long stream to measure, separated by commas. (default\: none; with --only long-stream 1,10)]:n,…:'
        '--kv-budget[KV cache budget in tokens. (default\: the model'\''s own, or 4096; in bench\: 1024, with --quick 512; in eval\: --kv-ratios)]:tokens:'
        '--kv-type[Number format of keys and values\: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default\: f16)]:type:{__edgeassist_complete "${___kv_type[@]}"}'
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--mlock[Read all weights at the start and lock them in memory.]'
        '--no-mlock[Read all weights at the start and lock them in memory.]'
        '--prefetch[Read all weights in the background from the start.]'
        '--no-prefetch[Read all weights in the background from the start.]'
        '--mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--no-mmap-only[Run a model that is larger than memory\: weights stay on disk and are paged in. Slow.]'
        '--scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--no-scrub[Check the weights\: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.]'
        '--scrub-rate[Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default\: 16MiB)]:size:'
        '--nonlinear[exact\: exponentials, reciprocals, roots and activation functions are computed. lut16\: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default\: exact)]:mode:{__edgeassist_complete "${___nonlinear[@]}"}'
        '--tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--no-tuned[Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was run. Answers are the same either way.]'
        '--attention-pruning[Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.]:file:_files -g '\''*.json'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--vision[sparse\: of each frame only places that have changed go through the vision tower and are read by the language model, which is several times as fast with a camera that stands still. sparse-tower\: the language model reads all of them. dense\: everything is computed for every frame. (default\: dense)]:encoding:{__edgeassist_complete "${___vision[@]}"}'
        '--vision-cache[How --vision sparse keeps the vision tower'\''s keys and values\: as floats (f32), or in 8 bits (q8), which takes a quarter of the memory. (default\: q8)]:type:{__edgeassist_complete "${___vision_cache[@]}"}'
        '--lora[LoRA adapter (GGUF) for the language model.]:file:_files -g '\''*.gguf'\'''
        '--shape[Measure a model of this shape with random weights, which is removed afterwards\: qwen2-0.5b, qwen2-1.5b, qwen3-0.6b, qwen3-1.7b, qwen2-vl-2b, qwen2-vl-7b, qwen2.5-vl-3b, qwen3-vl-2b, qwen3-vl-4b, smollm2-135m, smollm2-360m, llama-3.2-1b, smolvlm2-500m, lfm2-vl-450m, qwen3.5-0.8b, qwen3.5-2b.]:name:{__edgeassist_complete "${___shape[@]}"}'
        '--type[Quantization type of its weights\: q4_0, q8_0, q4_k, f16, …. (default\: q4_0)]:type:'
        '--mmproj-type[Quantization type of its vision tower'\''s weights. (default\: f16)]:type:'
        '--keep[Keep the model in this file, and its vision tower beside it as mmproj-…; llama.cpp reads both.]:file:_files -g '\''*.gguf'\'''
        '--json[Write the results to this file as JSON; - for standard output.]:file:_files -g '\''*.json'\'''
        '--compare[Measure nothing; compare two files that --json has written.]:old> <new:_files -g '\''*.json'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_autotune() {
    local -i ret=1
    local -ar ___vision_precision=('fast' 'exact')
    local -ar ___shape=('qwen2-0.5b' 'qwen2-1.5b' 'qwen3-0.6b' 'qwen3-1.7b' 'qwen2-vl-2b' 'qwen2-vl-7b' 'qwen2.5-vl-3b' 'qwen3-vl-2b' 'qwen3-vl-4b' 'smollm2-135m' 'smollm2-360m' 'llama-3.2-1b' 'smolvlm2-500m' 'lfm2-vl-450m' 'qwen3.5-0.8b' 'qwen3.5-2b')
    local -ar arg_specs=(
        '--model[Language model\: a GGUF file, or hf\:OWNER/NAME\[\:QUANT\] of the Hugging Face hub, which is downloaded if need be. (default\: the small embedded model)]:file:_files -g '\''*.gguf'\'''
        '--mmproj[Vision tower (mmproj GGUF); none to read text only, in less memory. (default\: the mmproj file beside the model)]:file:_files -g '\''*.gguf'\'''
        '--vision-precision[fast\: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact\: they are used as they are stored. (default\: fast)]:precision:{__edgeassist_complete "${___vision_precision[@]}"}'
        '--shape[Measure a model of this shape with random weights, which is removed afterwards\: qwen2-0.5b, qwen2-1.5b, qwen3-0.6b, qwen3-1.7b, qwen2-vl-2b, qwen2-vl-7b, qwen2.5-vl-3b, qwen3-vl-2b, qwen3-vl-4b, smollm2-135m, smollm2-360m, llama-3.2-1b, smolvlm2-500m, lfm2-vl-450m, qwen3.5-0.8b, qwen3.5-2b.]:name:{__edgeassist_complete "${___shape[@]}"}'
        '--type[Quantization type of its weights\: q4_0, q8_0, q4_k, f16, …. (default\: q4_0)]:type:'
        '--mmproj-type[Quantization type of its vision tower'\''s weights. (default\: f16)]:type:'
        '--keep[Keep the model in this file, and its vision tower beside it as mmproj-…; llama.cpp reads both.]:file:_files -g '\''*.gguf'\'''
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--trials[Schedules to measure of each product, at most. (default\: 48)]:n:'
        '--force[Measure products again that were measured before.]'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_doctor() {
    local -i ret=1
    local -ar arg_specs=(
        '--json[Print one JSON object instead of a report.]'
        '--source[Report what is at this address, as --video takes it\: codec, size, rate; or why it cannot be read and what to try. A live source is watched for four seconds.]:source:_files'
        '--inject[Flip bits in a copy of this language model, and report the effects.]:file:_files -g '\''*.gguf'\'''
        '--flips[Bits that --inject flips. (default\: 60)]:n:'
        '--seed[Chooses the bits that --inject flips; the same number, the same bits. (default\: 1)]:number:'
        '--threads[Worker threads. (default\: one per processor)]:n:'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_pull() {
    local -i ret=1
    local -ar arg_specs=(
        ':model:'
        '--mmproj-type[Type of the vision tower'\''s file, such as F16. (default\: Q8_0, else F16)]:type:'
        '--force[Download a model that does not fit this machine, or cannot be run, all the same.]'
        '(--quiet -q)'{--quiet,-q}'[Write errors only, and the paths of the files.]'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_models() {
    local -i ret=1
    local -ar arg_specs=(
        '--remove[Remove this model\: OWNER/NAME or OWNER/NAME\:QUANT.]:model:'
        '--json[Print one JSON object instead of a table.]'
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_merge() {
    local -i ret=1
    local -ar arg_specs=(
        '--requests[The request file that all shards have read.]:file:_files -g '\''*.jsonl'\'''
        '--output[Write results to this file. (default\: standard output)]:file:_files'
        '*:files:_files -g '\''*.jsonl'\'''
        '--version[Show the version.]'
        '(-h --help)'{-h,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_edgeassist_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _edgeassist ]]; then
    _edgeassist "${@}"
else
    compdef _edgeassist edgeassist
fi
