function __edgeassist_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __edgeassist_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __edgeassist_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __edgeassist_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __edgeassist_parse_tokens -S
    set -l unparsed_tokens (__edgeassist_tokens -pc)
    switch $unparsed_tokens[1]
    case 'edgeassist'
        __edgeassist_parse_subcommand 0 'video=' 'fps=' 'max-pixels=' 'pace=' 'reconnect=' 'signal-timeout=' 'model=' 'threads=' 'mlock' 'no-mlock' 'prefetch' 'no-prefetch' 'mmap-only' 'no-mmap-only' 'scrub' 'no-scrub' 'scrub-rate=' 'nonlinear=' 'mmproj=' 'vision-precision=' 'lora=+' 'kv-budget=' 'kv-memory=' 'kv-type=' 'kv-policy=' 'kv-variant=' 'kv-profile=' 'kv-offload=' 'kv-offload-size=' 'max-tokens=' 'temperature=' 'top-k=' 'top-p=' 'min-p=' 'repeat-penalty=' 'seed=' 'system-prompt=' 'code-model=' 'code-exemplars=' 'code-rounds=' 'code-seconds=' 'code-tokens=' 'unsafe-run' 'no-unsafe-run' 'batch=' 'output=' 'resume' 'log-file=' 'config=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'inspect'
            __edgeassist_parse_subcommand 1 'mmproj=' 'kv-budget=' 'kv-memory=' 'kv-type=' 'vision-precision=' 'threads=' 'json' 'tensors' 'checksums' 'accumulators' 'version' 'h/help'
        case 'quantize'
            __edgeassist_parse_subcommand 2 'type=' 'target-bytes=' 'target-kl=' 'types=' 'sensitivities=' 'sensitivity-windows=' 'split-neurons=' 'calibrate=' 'calibrate-length=' 'calibrate-windows=' 'mmproj=' 'scale-channels' 'threads=' 'dry-run' 'json' 'force' 'version' 'h/help'
        case 'code'
            __edgeassist_parse_subcommand -r 1 'output=' 'resume' 'language=' 'code-model=' 'code-exemplars=' 'code-rounds=' 'code-seconds=' 'code-tokens=' 'unsafe-run' 'no-unsafe-run' 'model=' 'threads=' 'mlock' 'no-mlock' 'prefetch' 'no-prefetch' 'mmap-only' 'no-mmap-only' 'scrub' 'no-scrub' 'scrub-rate=' 'nonlinear=' 'lora=+' 'version' 'h/help'
        case 'eval'
            __edgeassist_parse_subcommand 0 'suite=' 'questions=' 'seconds=' 'visits=' 'kinds=' 'warmup-seconds=' 'questions-per-stream=' 'seed=' 'requests=' 'answers=' 'configurations=' 'kv-ratios=' 'kv-budget=' 'kv-memory=' 'kv-profile=' 'kv-offload=' 'kv-offload-size=' 'tasks=+' 'methods=' 'code-model=' 'code-exemplars=' 'code-rounds=' 'code-seconds=' 'code-tokens=' 'unsafe-run' 'no-unsafe-run' 'output=' 'resume' 'json=' 'plot=' 'model=' 'threads=' 'mlock' 'no-mlock' 'prefetch' 'no-prefetch' 'mmap-only' 'no-mmap-only' 'scrub' 'no-scrub' 'scrub-rate=' 'nonlinear=' 'mmproj=' 'vision-precision=' 'lora=+' 'version' 'h/help'
        case 'profile'
            __edgeassist_parse_subcommand 0 'output=' 'ratio=' 'group-size=' 'questions=' 'seconds=' 'visits=' 'kinds=' 'warmup-seconds=' 'questions-per-stream=' 'seed=' 'requests=' 'answers=' 'model=' 'threads=' 'mlock' 'no-mlock' 'prefetch' 'no-prefetch' 'mmap-only' 'no-mmap-only' 'scrub' 'no-scrub' 'scrub-rate=' 'nonlinear=' 'mmproj=' 'vision-precision=' 'lora=' 'version' 'h/help'
        case 'compare'
            __edgeassist_parse_subcommand 2 'data=' 'answers=' 'mmproj=' 'questions=' 'context=' 'activations=' 'windows=' 'output=' 'resume' 'json=' 'plot=' 'threads=' 'nonlinear=' 'version' 'h/help'
        case 'bench'
            __edgeassist_parse_subcommand 0 'only=' 'quick' 'repetitions=' 'prompt-lengths=' 'context=' 'image-size=' 'minutes=' 'kv-budget=' 'kv-type=' 'model=' 'threads=' 'mlock' 'no-mlock' 'prefetch' 'no-prefetch' 'mmap-only' 'no-mmap-only' 'scrub' 'no-scrub' 'scrub-rate=' 'nonlinear=' 'mmproj=' 'vision-precision=' 'lora=' 'shape=' 'type=' 'mmproj-type=' 'keep=' 'json=' 'compare=+' 'version' 'h/help'
        case 'doctor'
            __edgeassist_parse_subcommand 0 'json' 'inject=' 'flips=' 'seed=' 'threads=' 'version' 'h/help'
        case 'pull'
            __edgeassist_parse_subcommand 1 'mmproj-type=' 'force' 'q/quiet' 'version' 'h/help'
        case 'models'
            __edgeassist_parse_subcommand 0 'remove=' 'json' 'version' 'h/help'
        case 'help'
            __edgeassist_parse_subcommand -r 1 'version'
        end
    end
end

function __edgeassist_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __edgeassist_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __edgeassist_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __edgeassist_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__edgeassist_tokens -p)
    if test -z "$(__edgeassist_tokens -t)"
        set -l index (count (__edgeassist_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'edgeassist' -f
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" video' -l 'video' -d 'Video to watch: a file, rtsp://…, http://…, a camera such as /dev/video0, or - for standard input.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" fps' -l 'fps' -d 'Frames sampled per second. (default: the model\'s own rate)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" max-pixels' -l 'max-pixels' -d 'Frames of more pixels than this are scaled down. (default: the model\'s own limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" pace' -l 'pace' -d 'Read a file at its own speed (realtime) or as fast as the model takes it (fast). By default realtime on the screen and fast in a batch.' -rfka 'realtime fast'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" reconnect' -l 'reconnect' -d 'How long to try a camera or other live source again that broke off: always, never, or a time such as 90s, 10m or 2h. (default: always; in a batch a minute where only the end is asked about)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" signal-timeout' -l 'signal-timeout' -d 'How long a camera or other live source may send nothing before it counts as lost: a time such as 90s or 2m, longer than a slow camera takes from one frame to the next. (default: 10s)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" model' -l 'model' -d 'Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. (default: the small embedded model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" mlock' -l 'mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" no-mlock' -l 'no-mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" prefetch' -l 'prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" no-prefetch' -l 'no-prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" mmap-only' -l 'mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" no-mmap-only' -l 'no-mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" scrub' -l 'scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" no-scrub' -l 'no-scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" scrub-rate' -l 'scrub-rate' -d 'Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" nonlinear' -l 'nonlinear' -d 'exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" mmproj' -l 'mmproj' -d 'Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" vision-precision' -l 'vision-precision' -d 'fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact: they are used as they are stored. (default: fast)' -rfka 'fast exact'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist"' -l 'lora' -d 'LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent: retriever, planner, coder, debugger. May be given more than once.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-budget' -l 'kv-budget' -d 'KV cache budget in tokens. (default: the model\'s own, or 4096; in bench: 1024, with --quick 512; in eval: --kv-ratios)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-memory' -l 'kv-memory' -d 'KV cache budget in bytes, for example 64MiB.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-type' -l 'kv-type' -d 'Number format of keys and values: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default: f16)' -rfka 'f16 q8_0 q4 amxfp4'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-policy' -l 'kv-policy' -d 'Which tokens are retained when the budget is full.' -rfka 'infinipot-v sliding-window uniform full'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-variant' -l 'kv-variant' -d 'Changes to InfiniPot-V, separated by commas; published for InfiniPot-V as published.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-profile' -l 'kv-profile' -d 'Budget of each attention head, from a file that `edgeassist profile` has written.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-offload' -l 'kv-offload' -d 'Offload evicted tokens to this file, and retrieve those that a question needs.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" kv-offload-size' -l 'kv-offload-size' -d 'Largest size of the offload file. (default: 256MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" max-tokens' -l 'max-tokens' -d 'Longest answer, in tokens.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" temperature' -l 'temperature' -d 'Sampling temperature; 0 always takes the most likely token.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" top-k' -l 'top-k' -d 'Sample from the k most likely tokens; 0 for all.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" top-p' -l 'top-p' -d 'Sample from the most likely tokens whose probabilities add up to p.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" min-p' -l 'min-p' -d 'Sample from tokens at least p times as likely as the most likely one.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" repeat-penalty' -l 'repeat-penalty' -d 'Penalty for tokens that repeat, above 1; 1 for none.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" seed' -l 'seed' -d 'Seed of the sampler.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" system-prompt' -l 'system-prompt' -d 'System prompt. (default: the one of the model\'s chat template)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" code-model' -l 'code-model' -d 'Language model for programming tasks, a file or hf:… as for --model. (default: that of --model, else the small embedded coder)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" code-exemplars' -l 'code-exemplars' -d 'Similar tasks that the retriever thinks of; each leads to a plan. (default: 3)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" code-rounds' -l 'code-rounds' -d 'Debugging rounds for the program of a plan. (default: 5)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" code-seconds' -l 'code-seconds' -d 'Longest time for a task, in seconds. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" code-tokens' -l 'code-tokens' -d 'Most tokens generated for a task. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" unsafe-run' -l 'unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" no-unsafe-run' -l 'no-unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" batch' -l 'batch' -d 'Answer the requests of this file (JSON Lines; - for standard input), without a terminal.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" output' -l 'output' -d 'Write results to this file. (default: standard output)' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" resume' -l 'resume' -d 'Skip the requests that the output file already answers.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" log-file' -l 'log-file' -d 'Append a log of the run to this file: options, model, requests, warnings, signal losses, errors, end.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" config' -l 'config' -d 'Settings file. (default: $EDGEASSIST_CONFIG, else edgeassist/config.toml in $XDG_CONFIG_HOME or ~/.config)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'inspect' -d 'Report what a GGUF file holds, what it needs in memory, and whether this machine can run it.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'quantize' -d 'Quantize a model file, and report the error of each tensor.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'code' -d 'Solve programming tasks from files and folders; programs are run on their examples in a sandbox.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'eval' -d 'Measure how well questions about long streams are answered, or programming tasks solved.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'profile' -d 'Measure how much of the KV cache each attention head needs, once for a model.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'compare' -d 'Compare two models on a text or on questions: perplexity, KL divergence, likeliest tokens, answers.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'bench' -d 'Measure how fast a model runs on this machine, and how much of its memory bandwidth decoding uses.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'doctor' -d 'Report what this machine offers: processor, memory, video, terminal, programs, and what that means.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'pull' -d 'Download a model and its vision tower from the Hugging Face hub.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'models' -d 'List the models that have been downloaded, or remove one.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist inspect" -eq 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" mmproj' -l 'mmproj' -d 'Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" kv-budget' -l 'kv-budget' -d 'KV cache budget in tokens. (default: the model\'s own, or 4096; in bench: 1024, with --quick 512; in eval: --kv-ratios)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" kv-memory' -l 'kv-memory' -d 'KV cache budget in bytes, for example 64MiB.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" kv-type' -l 'kv-type' -d 'Number format of keys and values: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default: f16)' -rfka 'f16 q8_0 q4 amxfp4'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" vision-precision' -l 'vision-precision' -d 'fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact: they are used as they are stored. (default: fast)' -rfka 'fast exact'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" json' -l 'json' -d 'Print one JSON object instead of tables.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" tensors' -l 'tensors' -d 'List every tensor.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" checksums' -l 'checksums' -d 'Read the whole file and check each tensor against the checksum (XXH64) that `quantize` has kept for it; list the checksums of a file without. Damage ends with status 1.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" accumulators' -l 'accumulators' -d 'Report how many bits the sums of the model\'s matrix products need.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist inspect" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist quantize" -eq 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist quantize" -eq 2' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" type' -l 'type' -d 'Quantization type, such as Q4_K_M.' -rfka 'F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S Q4_1 Q4_0 IQ4_NL IQ4_XS DINT4 AMXFP4 NVFP4 MXFP4 Q3_K_L Q3_K_M Q3_K_S Q2_K Q2_K_S SAWB2 TQ2_0 TQ1_0 COPY'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" target-bytes' -l 'target-bytes' -d 'Choose a type for each tensor so that the file has at most this size, such as 88MB or 1.2GiB; needs --calibrate.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" target-kl' -l 'target-kl' -d 'Choose a type for each tensor so that the file is as small as it can be with at most this KL divergence, in nats, on the calibration text; needs --calibrate.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" types' -l 'types' -d 'Types to choose from, separated by commas. (default: Q2_K,Q3_K,IQ4_XS,IQ4_NL,Q4_K,Q4_1,Q5_K,Q5_0,Q5_1,Q6_K,Q8_0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" sensitivities' -l 'sensitivities' -d 'Keep measurements in this file, and take from it what was measured before. (default: MODEL.sensitivities.jsonl beside the file that is written)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" sensitivity-windows' -l 'sensitivity-windows' -d 'Measure divergences on this many windows of the calibration text, from 1 to 512. (default: 4)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" split-neurons' -l 'split-neurons' -d 'Split this many neurons of each feed-forward network in two first, a multiple of 32: those whose weights set the scales of many blocks. The outputs stay the same. (default: 0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" calibrate' -l 'calibrate' -d 'Measure on this text (UTF-8), or on these conversations (JSON Lines: requests as for --batch, with videos and answers where there are some, or messages), how much each column of weights matters, and quantize by that. self lets the model write the text, about two subjects each time; self-single about one.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" calibrate-length' -l 'calibrate-length' -d 'Tokens of a window of the text, from 8 to 65536; best as long as what the model will read. Conversations have lengths of their own. (default: 512)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" calibrate-windows' -l 'calibrate-windows' -d 'Read this many windows or conversations at most. (default: 128, or 48 with self)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" mmproj' -l 'mmproj' -d 'Vision tower for the videos of --calibrate (mmproj GGUF). (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" scale-channels' -l 'scale-channels' -d 'Scale the channels between the matrices so that weights and 8-bit activations together lose least, and fold the scales into the weights (AQAS, arXiv 2311.05161). Costs nothing at run time; adapters of the original no longer fit. Needs --calibrate.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" dry-run' -l 'dry-run' -d 'Write nothing; report the type of each tensor and the size of the file.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" json' -l 'json' -d 'Print the report as JSON.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" force' -l 'force' -d 'Replace the file if it exists.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist quantize" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist code" -ge 1' -F
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" output' -l 'output' -d 'Write results to this file. (default: standard output)' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" resume' -l 'resume' -d 'Skip the tasks that the output file already answers.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" language' -l 'language' -d 'Write programs in this language, whatever a task says.' -rfka 'python c swift'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" code-model' -l 'code-model' -d 'Language model for programming tasks, a file or hf:… as for --model. (default: that of --model, else the small embedded coder)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" code-exemplars' -l 'code-exemplars' -d 'Similar tasks that the retriever thinks of; each leads to a plan. (default: 3)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" code-rounds' -l 'code-rounds' -d 'Debugging rounds for the program of a plan. (default: 5)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" code-seconds' -l 'code-seconds' -d 'Longest time for a task, in seconds. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" code-tokens' -l 'code-tokens' -d 'Most tokens generated for a task. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" unsafe-run' -l 'unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" no-unsafe-run' -l 'no-unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" model' -l 'model' -d 'Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. (default: the small embedded model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" mlock' -l 'mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" no-mlock' -l 'no-mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" prefetch' -l 'prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" no-prefetch' -l 'no-prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" mmap-only' -l 'mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" no-mmap-only' -l 'no-mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" scrub' -l 'scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" no-scrub' -l 'no-scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" scrub-rate' -l 'scrub-rate' -d 'Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" nonlinear' -l 'nonlinear' -d 'exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code"' -l 'lora' -d 'LoRA adapter (GGUF) for a role of the programming agent: retriever, planner, coder, debugger. May be given more than once.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist code" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" suite' -l 'suite' -d 'What to evaluate.' -rfka 'doorstep code'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" questions' -l 'questions' -d 'Number of questions. (default: 300)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" seconds' -l 'seconds' -d 'Length of a drawn stream, in seconds. (default: 90.0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" visits' -l 'visits' -d 'Things that come by in a drawn stream, a number or a range. (default: 2-4)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kinds' -l 'kinds' -d 'Kinds of drawn streams, separated by commas: early, middle, late, spread, distractors, static, day-and-night, dialogue. (default: all, one after the other)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" warmup-seconds' -l 'warmup-seconds' -d 'Seconds without events before each drawn stream: with 86400, events come after a day. (One minute is drawn and repeated; each configuration prefills all of it once.) (default: 0.0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" questions-per-stream' -l 'questions-per-stream' -d 'Questions about one drawn stream. (default: 10)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" seed' -l 'seed' -d 'Seed of streams and questions. (default: 1)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" requests' -l 'requests' -d 'Ask about your own clips: a request file as --batch reads it, each request with a video.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" answers' -l 'answers' -d 'The right answers to --requests: JSON Lines with id, answer and, optionally, turn, kind and position.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" configurations' -l 'configurations' -d 'Configurations to compare, separated by commas: a policy and its changes, joined by +, such as infinipot-v+proxy-queries+q8_0+offload. All are compared with the first. (default: full,infinipot-v,infinipot-v+proxy-queries,uniform,sliding-window)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-ratios' -l 'kv-ratios' -d 'KV cache budgets as parts of the full cache\'s bytes, separated by commas. (default: 1/2,1/4,1/8,1/16)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-budget' -l 'kv-budget' -d 'KV cache budget in tokens. (default: the model\'s own, or 4096; in bench: 1024, with --quick 512; in eval: --kv-ratios)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-memory' -l 'kv-memory' -d 'KV cache budget in bytes, for example 64MiB.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-profile' -l 'kv-profile' -d 'Budget of each attention head, from a file that `edgeassist profile` has written.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-offload' -l 'kv-offload' -d 'Offload evicted tokens to this file, and retrieve those that a question needs.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" kv-offload-size' -l 'kv-offload-size' -d 'Largest size of the offload file. (default: 256MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval"' -l 'tasks' -d 'Task files and folders, as `edgeassist code` reads them. May be given more than once. (default: the held-out tasks that come with the program)' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" methods' -l 'methods' -d 'Methods to compare, separated by commas: single-shot, prompted, adapters-without-debugger, adapters. (default: all)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" code-model' -l 'code-model' -d 'Language model for programming tasks, a file or hf:… as for --model. (default: that of --model, else the small embedded coder)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" code-exemplars' -l 'code-exemplars' -d 'Similar tasks that the retriever thinks of; each leads to a plan. (default: 3)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" code-rounds' -l 'code-rounds' -d 'Debugging rounds for the program of a plan. (default: 5)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" code-seconds' -l 'code-seconds' -d 'Longest time for a task, in seconds. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" code-tokens' -l 'code-tokens' -d 'Most tokens generated for a task. (default: no limit)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" unsafe-run' -l 'unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" no-unsafe-run' -l 'no-unsafe-run' -d 'Run programs without a sandbox. They can do whatever you can.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" output' -l 'output' -d 'Write a record for each question or task to this file, as JSON Lines.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" resume' -l 'resume' -d 'Skip the questions or tasks that the output file already answers.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" json' -l 'json' -d 'Write the summary to this file as JSON; - for standard output.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" plot' -l 'plot' -d 'Plot to this file (PNG) which frames of the last stream each bounded configuration retains, at the last budget.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'png\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" model' -l 'model' -d 'Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. (default: the small embedded model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" mlock' -l 'mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" no-mlock' -l 'no-mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" prefetch' -l 'prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" no-prefetch' -l 'no-prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" mmap-only' -l 'mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" no-mmap-only' -l 'no-mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" scrub' -l 'scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" no-scrub' -l 'no-scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" scrub-rate' -l 'scrub-rate' -d 'Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" nonlinear' -l 'nonlinear' -d 'exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" mmproj' -l 'mmproj' -d 'Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" vision-precision' -l 'vision-precision' -d 'fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact: they are used as they are stored. (default: fast)' -rfka 'fast exact'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval"' -l 'lora' -d 'LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent: retriever, planner, coder, debugger. May be given more than once.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist eval" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" output' -l 'output' -d 'Write the profile to this file.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" ratio' -l 'ratio' -d 'Ratio of all heads\' tokens that count as needed, between 0 and 1.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" group-size' -l 'group-size' -d 'Heads in a group, for the part of the report on groups.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" questions' -l 'questions' -d 'Number of questions. (default: 300)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" seconds' -l 'seconds' -d 'Length of a drawn stream, in seconds. (default: 90.0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" visits' -l 'visits' -d 'Things that come by in a drawn stream, a number or a range. (default: 2-4)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" kinds' -l 'kinds' -d 'Kinds of drawn streams, separated by commas: early, middle, late, spread, distractors, static, day-and-night, dialogue. (default: all, one after the other)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" warmup-seconds' -l 'warmup-seconds' -d 'Seconds without events before each drawn stream: with 86400, events come after a day. (One minute is drawn and repeated; each configuration prefills all of it once.) (default: 0.0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" questions-per-stream' -l 'questions-per-stream' -d 'Questions about one drawn stream. (default: 10)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" seed' -l 'seed' -d 'Seed of streams and questions. (default: 1)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" requests' -l 'requests' -d 'Ask about your own clips: a request file as --batch reads it, each request with a video.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" answers' -l 'answers' -d 'The right answers to --requests: JSON Lines with id, answer and, optionally, turn, kind and position.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" model' -l 'model' -d 'Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. (default: the small embedded model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" mlock' -l 'mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" no-mlock' -l 'no-mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" prefetch' -l 'prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" no-prefetch' -l 'no-prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" mmap-only' -l 'mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" no-mmap-only' -l 'no-mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" scrub' -l 'scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" no-scrub' -l 'no-scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" scrub-rate' -l 'scrub-rate' -d 'Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" nonlinear' -l 'nonlinear' -d 'exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" mmproj' -l 'mmproj' -d 'Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" vision-precision' -l 'vision-precision' -d 'fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact: they are used as they are stored. (default: fast)' -rfka 'fast exact'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" lora' -l 'lora' -d 'LoRA adapter (GGUF) for the language model.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist profile" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist compare" -eq 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_positional "edgeassist compare" -eq 2' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" data' -l 'data' -d 'The text, in UTF-8, or requests with an answer beside each question, in JSON Lines.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" answers' -l 'answers' -d 'The right answers to the requests: JSON Lines with id, answer and, optionally, turn.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" mmproj' -l 'mmproj' -d 'Vision tower of both models (mmproj GGUF), for videos. (default: the mmproj file beside the first model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" questions' -l 'questions' -d 'Ask this many questions at most. (default: all of the requests)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" context' -l 'context' -d 'Tokens of a window, from 8 to 65536. (default: 512)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" activations' -l 'activations' -d 'Cast the inputs of the compared model\'s layers to a 4-bit format, mxfp4 or amxfp4, as if it computed with weights and activations in 4 bits. Its matrices must be quantized. (default: 8 bits)' -rfka 'mxfp4 amxfp4'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" windows' -l 'windows' -d 'Compare on this many windows at most. (default: all of the text)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" output' -l 'output' -d 'Write a record for each window or question to this file, as JSON Lines.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" resume' -l 'resume' -d 'Skip the windows or questions that the output file already has.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" json' -l 'json' -d 'Write the summary to this file as JSON; - for standard output.' -rF
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" plot' -l 'plot' -d 'Plot differences by position in a window or answer to this file (PNG).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'png\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" nonlinear' -l 'nonlinear' -d 'How the second model computes nonlinear functions: exact, or lut16 from tables. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist compare" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" only' -l 'only' -d 'Measure only these parts, separated by commas: load, bandwidth, prefill, decode, branches, vision, ingest, compression, first-token, long-stream, memory.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" quick' -l 'quick' -d 'Fewer repetitions and shorter prompts, for a first look.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" repetitions' -l 'repetitions' -d 'How often each result is measured. (default: 5; --quick: 3)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" prompt-lengths' -l 'prompt-lengths' -d 'Lengths of the prompts to prefill in tokens, separated by commas. (default: 32,128,512; --quick: 32,128)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" context' -l 'context' -d 'Tokens in the KV cache before decoding, separated by commas. (default: 0,1024,4096; --quick: 0,256)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" image-size' -l 'image-size' -d 'Size of the frames. (default: the largest square that the model prefers)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" minutes' -l 'minutes' -d 'Minutes of a long stream to measure, separated by commas. (default: none; with --only long-stream 1,10)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" kv-budget' -l 'kv-budget' -d 'KV cache budget in tokens. (default: the model\'s own, or 4096; in bench: 1024, with --quick 512; in eval: --kv-ratios)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" kv-type' -l 'kv-type' -d 'Number format of keys and values: q8_0 takes half the memory of f16, q4 a quarter. amxfp4 takes as much as q4, and its scales belong to 32 values of one token. (default: f16)' -rfka 'f16 q8_0 q4 amxfp4'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" model' -l 'model' -d 'Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. (default: the small embedded model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" mlock' -l 'mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" no-mlock' -l 'no-mlock' -d 'Read all weights at the start and lock them in memory.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" prefetch' -l 'prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" no-prefetch' -l 'no-prefetch' -d 'Read all weights in the background from the start.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" mmap-only' -l 'mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" no-mmap-only' -l 'no-mmap-only' -d 'Run a model that is larger than memory: weights stay on disk and are paged in. Slow.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" scrub' -l 'scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" no-scrub' -l 'no-scrub' -d 'Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly in the background. A tensor that has changed is named in a warning.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" scrub-rate' -l 'scrub-rate' -d 'Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" nonlinear' -l 'nonlinear' -d 'exact: exponentials, reciprocals, roots and activation functions are computed. lut16: they are read from tables of 16 lines (NN-LUT), for processors without a vector unit; slower on those that have one. (default: exact)' -rfka 'exact lut16'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" mmproj' -l 'mmproj' -d 'Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" vision-precision' -l 'vision-precision' -d 'fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as fast and takes half the memory. exact: they are used as they are stored. (default: fast)' -rfka 'fast exact'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" lora' -l 'lora' -d 'LoRA adapter (GGUF) for the language model.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" shape' -l 'shape' -d 'Measure a model of this shape with random weights, which is removed afterwards: qwen2-0.5b, qwen2-1.5b, qwen3-0.6b, qwen3-1.7b, qwen2-vl-2b, qwen2-vl-7b, qwen2.5-vl-3b, qwen3-vl-2b, qwen3-vl-4b, smollm2-135m, smollm2-360m, llama-3.2-1b, smolvlm2-500m, lfm2-vl-450m, qwen3.5-0.8b, qwen3.5-2b.' -rfka 'qwen2-0.5b qwen2-1.5b qwen3-0.6b qwen3-1.7b qwen2-vl-2b qwen2-vl-7b qwen2.5-vl-3b qwen3-vl-2b qwen3-vl-4b smollm2-135m smollm2-360m llama-3.2-1b smolvlm2-500m lfm2-vl-450m qwen3.5-0.8b qwen3.5-2b'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" type' -l 'type' -d 'Quantization type of its weights: q4_0, q8_0, q4_k, f16, …. (default: q4_0)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" mmproj-type' -l 'mmproj-type' -d 'Quantization type of its vision tower\'s weights. (default: f16)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" keep' -l 'keep' -d 'Keep the model in this file, and its vision tower beside it as mmproj-…; llama.cpp reads both.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" json' -l 'json' -d 'Write the results to this file as JSON; - for standard output.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench"' -l 'compare' -d 'Measure nothing; compare two files that --json has written.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist bench" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" json' -l 'json' -d 'Print one JSON object instead of a report.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" inject' -l 'inject' -d 'Flip bits in a copy of this language model, and report the effects.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'gguf\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" flips' -l 'flips' -d 'Bits that --inject flips. (default: 60)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" seed' -l 'seed' -d 'Chooses the bits that --inject flips; the same number, the same bits. (default: 1)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" threads' -l 'threads' -d 'Worker threads. (default: one per processor)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist pull" mmproj-type' -l 'mmproj-type' -d 'Type of the vision tower\'s file, such as F16. (default: Q8_0, else F16)' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist pull" force' -l 'force' -d 'Download a model that does not fit this machine, or cannot be run, all the same.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist pull" q quiet' -l 'quiet' -s 'q' -d 'Write errors only, and the paths of the files.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist pull" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist pull" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist models" remove' -l 'remove' -d 'Remove this model: OWNER/NAME or OWNER/NAME:QUANT.' -rfka ''
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist models" json' -l 'json' -d 'Print one JSON object instead of a table.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist models" version' -l 'version' -d 'Show the version.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist models" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'edgeassist' -n '__edgeassist_should_offer_completions_for_flags_or_options "edgeassist help" version' -l 'version' -d 'Show the version.'
