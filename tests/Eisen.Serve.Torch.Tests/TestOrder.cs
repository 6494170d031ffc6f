// The memory of the process is measured: nothing else runs meanwhile.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
