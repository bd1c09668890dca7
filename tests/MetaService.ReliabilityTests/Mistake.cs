using MetaService.Storage;

namespace MetaService.ReliabilityTests;

/// <summary>A mistake that a store could make, to be put in so that a checker can prove that it finds it.</summary>
/// <param name="Put">Puts a store that makes it around a good one.</param>
/// <param name="IsAbove">Whether it lies between the server and a network that fails, else behind the network.</param>
internal sealed record Mistake(Func<IKvStore, IKvStore> Put, bool IsAbove = false)
{
    /// <summary>A store with the mistake, if there is one to be put behind the network.</summary>
    public static IKvStore Below(Mistake? mistake, IKvStore store) => mistake is { IsAbove: false } ? mistake.Put(store) : store;

    /// <summary>A store with the mistake, if there is one to be put before the network.</summary>
    public static IKvStore Above(Mistake? mistake, IKvStore store) => mistake is { IsAbove: true } ? mistake.Put(store) : store;
}
