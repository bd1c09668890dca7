namespace MetaService.Storage;

/// <summary>A store that cannot be opened as it is. The message says what is wrong and what to do about it.</summary>
public sealed class StoreOpenException(string location, string message, Exception? inner = null)
    : Exception($"{location}: {message}", inner)
{
    /// <summary>The data directory, or whatever else names the store.</summary>
    public string Location { get; } = location;
}
