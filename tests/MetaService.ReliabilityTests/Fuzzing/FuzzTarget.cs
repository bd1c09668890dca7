namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>Code that is fed with inputs, and what must hold for every input.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Short name, also of the file with the inputs that are kept.</summary>
    public abstract string Name { get; }

    /// <summary>Good inputs to begin with.</summary>
    public abstract IEnumerable<byte[]> Seeds(Random random);

    /// <summary>Pieces that good inputs are made of.</summary>
    public virtual IReadOnlyList<byte[]> Pieces => [];

    /// <summary>
    /// Feeds one input. Returns a number for what came of it: inputs that come to the same have the same number, as far as that
    /// is cheap to tell.
    /// </summary>
    /// <exception cref="Exception">Something does not hold; any exception counts.</exception>
    public abstract int Run(byte[] input);

    /// <summary>The number of an outcome that is described by text, in which digits make no difference.</summary>
    protected static int Outcome(string text)
    {
        var hash = 17;
        foreach (var c in text)
        {
            hash = char.IsAsciiDigit(c) ? hash : unchecked((hash * 31) + c);
        }

        return hash;
    }

    /// <exception cref="FuzzException">It does not hold.</exception>
    protected static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FuzzException(what);
        }
    }
}

/// <summary>Something that must hold for every input does not.</summary>
internal sealed class FuzzException(string message, Exception? inner = null) : Exception(message, inner);
