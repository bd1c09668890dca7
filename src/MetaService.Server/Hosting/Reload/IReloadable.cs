namespace MetaService.Server.Hosting.Reload;

/// <summary>Something made from files that is to follow their changes without a restart.</summary>
public interface IReloadable
{
    /// <summary>Looks at the files; takes over what has changed, or logs why it cannot and keeps what it has.</summary>
    void Reload(ILogger log);
}
