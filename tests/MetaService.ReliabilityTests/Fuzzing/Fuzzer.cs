namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// Feeds a target with mutations of a corpus that grows by every input that came to something new. Equal seeds give equal inputs.
/// </summary>
internal sealed class Fuzzer(FuzzTarget target, int seed)
{
    private const int LargestCorpus = 4096;

    private readonly Random _random = new(seed);
    private readonly HashSet<int> _outcomes = [];
    private readonly List<byte[]> _corpus = [];

    /// <summary>The inputs that came to something of their own.</summary>
    public IReadOnlyList<byte[]> Corpus => _corpus;

    /// <exception cref="FuzzException">An input was not handled as it should be; the message holds it.</exception>
    public void Run(int inputs)
    {
        foreach (var input in target.Seeds(_random).Concat(KeptInputs.Of(target.Name)))
        {
            Feed(input);
        }

        var mutator = new Mutator(_random, target.Pieces);
        for (var i = 0; i < inputs; i++)
        {
            Feed(mutator.Mutate(_corpus[_random.Next(_corpus.Count)], _corpus[_random.Next(_corpus.Count)]));
        }
    }

    private void Feed(byte[] input)
    {
        int outcome;
        try
        {
            outcome = target.Run(input);
        }
        catch (Exception e)
        {
            throw new FuzzException(
                $"{target.Name}: {e.GetType().Name}: {e.Message}\ninput, to be kept in Data/fuzz/{target.Name}.txt:\n"
                + $"{Convert.ToHexStringLower(input)}\n{Effort.Repeat(seed)}",
                e);
        }

        if (_corpus.Count < LargestCorpus && _outcomes.Add(outcome))
        {
            _corpus.Add(input);
        }
    }
}
